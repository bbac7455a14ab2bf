# botocore, asking for credentials until it is ended: each time through a new session, and beside it through one that
# lives as long as the program. With the address of STS as its second argument it asks who it is instead, each time
# through a new session. A line a result, in JSON; see test/faults/clients.ts.
import json
import sys
import threading
import time

import botocore.session

pause = float(sys.argv[1]) / 1000
lock = threading.Lock()


def now():
    return int(time.time() * 1000)


def get_credentials(session):
    credentials = session.get_credentials()
    if credentials is None:
        raise RuntimeError("the chain has no credentials")
    credentials.get_frozen_credentials()
    # botocore tells nobody else when they end.
    return {"expires": int(credentials._expiry_time.timestamp() * 1000)}


def get_caller_identity(session):
    client = session.create_client("sts", region_name="eu-central-1", endpoint_url=sys.argv[2])
    client.get_caller_identity()
    return {}


def loop(kind, get_session, ask=get_credentials):
    while True:
        line = {"kind": kind, "from": now()}
        try:
            line.update(ok=True, **ask(get_session()))
        except Exception as error:
            line.update(ok=False, error=f"{type(error).__name__}: {error}")
        line["at"] = now()
        with lock:
            print(json.dumps(line), flush=True)
        time.sleep(pause)


if len(sys.argv) > 2:
    loop("request", botocore.session.get_session, get_caller_identity)
kept = botocore.session.get_session()
threading.Thread(target=loop, args=("fresh", botocore.session.get_session), daemon=True).start()
loop("kept", lambda: kept)
