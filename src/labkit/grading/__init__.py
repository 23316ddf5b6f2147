"""From a folder of submissions to a gradebook: a straight line, a module per step.

``load`` reads what was handed in, ``repair`` puts it back in order, ``execute`` runs it,
``predict`` asks its models, ``grade`` judges one submission, ``batch`` all of them, ``journal``
keeps what is done, ``gradebook`` writes the results.
"""
