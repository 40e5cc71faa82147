"""The known path of the echo guard; it has nothing for Python: `echo.EchoGuard` drives it."""
