"""The laws, one test each; its docstring is the sentence."""
