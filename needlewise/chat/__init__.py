"""The front door of the chat: signed sessions, each message kept before Rasa sees it, exactly one outcome for each."""
