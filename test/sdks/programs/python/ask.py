# botocore's default chain: prints the access key that it finds.
import json

import botocore.session
from botocore.exceptions import NoCredentialsError

try:
    found = botocore.session.get_session().get_credentials()
    if found is None:
        # As a client of botocore does.
        raise NoCredentialsError()
    print(json.dumps({"key": found.get_frozen_credentials().access_key}))
except Exception as error:
    print(json.dumps({"error": f"{type(error).__name__}: {error}"}))
