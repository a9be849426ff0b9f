"""What the gateway can carry: CPU per message, memory per session, stalls.

    python -m benchmarks [NAME …]      QUICK=1 for less of everything

    ┌───────────── one process: the driver ─────────────┐
    │  ircd or OSCAR server (stub) ◄── counts, clocks ──► XMPP server (stub)
    └──────▲──────────────────────────────────────▲─────┘
           └────────── the gateway, whole ────────┘      its CPU and memory: /proc/<pid>

The stubs send bytes that are ready and count what arrives, so they cost far less than what is
measured; being in one process they share one clock, and leave the other core to the gateway.
``rivals`` are two programs that do less than a gateway, for comparison in the same run on the same
machine: what slixmpp's stanza objects cost, and what moving the bytes alone costs under gevent.

A message that does not arrive, an error stanza and an ERROR in the gateway's log fail the run.
docs/performance.md has the results and what they mean.
"""
