"""Guards of the door, small and ours: body, cookies, origin, tokens, quotas, headers, routes.

Litestar's own keep bodies and cookies in caches in clear, bind CSRF tokens to nothing and
see every caller of a unix socket as one.
"""
