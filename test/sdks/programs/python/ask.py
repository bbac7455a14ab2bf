# botocore's default chain: prints the access key that it finds.
import json

import botocore.session

try:
    found = botocore.session.get_session().get_credentials()
    if found is None:
        raise RuntimeError("the chain has no credentials")
    print(json.dumps({"key": found.get_frozen_credentials().access_key}))
except Exception as error:
    print(json.dumps({"error": f"{type(error).__name__}: {error}"}))
