"""Where the shared fixtures stand; a fixture itself stands in the module that is named for what it gives."""

pytest_plugins = ["tests.engines", "tests.databases"]
