"""Logs of a server: one line an event, as text or JSON, written beside the requests.

    logging "vedette" -> Event (in the thread that logs) -> a bounded queue -> a thread: line -> stderr

Only the logger "vedette" is touched, and only while a server runs. It knows no protocol.
"""
