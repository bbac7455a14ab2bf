# An ordinary program of an ordinary user: botocore with its default credentials. Its argument is the address
# of STS, since no network leads to the real one. It prints who it is and its access key's id, again and again
# until the key has changed once.
import sys
import time

import botocore.session

session = botocore.session.get_session()
client = session.create_client("sts", endpoint_url=sys.argv[1])
keys = set()
for _ in range(80):
    arn = client.get_caller_identity()["Arn"]
    key = session.get_credentials().get_frozen_credentials().access_key
    print(arn, key, flush=True)
    keys.add(key)
    if len(keys) > 1:
        break
    time.sleep(0.25)
