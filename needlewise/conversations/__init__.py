"""The record of conversations: what Rasa understood of each turn, other channels' chats, reading and forgetting."""
