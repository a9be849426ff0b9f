"""Does a gateway do what XEP-0100 and its companions ask?  For any gateway, seen from outside.

    users' clients ── XMPP server ── the gateway ── the network's server ── people we play

    python -m tests.conformance                       Greengate, fresh, on all servers and networks
    python -m tests.conformance --component JID …     a gateway that runs already: see --help
    python -m tests.conformance.biboumi               biboumi, if it is installed

test_*.py     the checks, each named by the id of what it checks; the docstring says what that is
adapter.py    what the checks need of a network; irc.py, oscar.py and toy.py have it
site.py       where they take place; greengate.py, running.py and biboumi.py open such
stage.py      users and people, as the checks play them
run.py        a run of its own, outside of all other tests; results.py makes the table
toy*.py       a small gateway that can be told what to do wrong: test_suite.py has that caught
"""
