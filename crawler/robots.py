"""Keep of a robots.txt what concerns us, since the parser's cost is the number of agents times the number of rules.

Measured with Protego 0.7: 10 s and 471 MB for 97 KiB of 4,000 agents and 4,000 rules, in the one thread that visits.
"""

#: So much must be read at least (RFC 9309, section 2.5).
_MOST_BYTES = 500 * 1024
_AGENT = {b"user-agent", b"useragent"}


def rules_for(content: bytes, user_agent: str) -> bytes:
    """Return the groups for everybody and for our own product token (RFC 9309, section 2.2.1), and no others."""
    wanted = {b"*", _token(user_agent.encode())}
    kept: list[bytes] = []
    agents: set[bytes] = set()
    is_head_of_group = False
    for line in content.removeprefix(b"\xef\xbb\xbf")[:_MOST_BYTES].splitlines():
        key, _, value = line.partition(b"#")[0].partition(b":")
        if key.strip().lower() in _AGENT:
            if not is_head_of_group:
                agents = set()
            is_head_of_group = True
            agent = _token(value)
            if agent in wanted and agent not in agents:
                agents.add(agent)
                kept.append(b"User-agent: " + agent)
        elif key.strip():
            is_head_of_group = False
            if agents:
                kept.append(line)
    return b"\n".join(kept)


def _token(agent: bytes) -> bytes:
    return (agent.replace(b"/", b" ").split() or [b""])[0].lower()
