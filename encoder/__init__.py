"""Sentences into vectors: the model on disk (`build`) and how it is asked (`sentences`). Both environments use it."""
