#!/bin/sh
# curl, as scripts call the endpoint: prints the access key that it is given.
body=$(curl -sS -m 20 -H "Authorization: $(cat "$AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")" "$AWS_CONTAINER_CREDENTIALS_FULL_URI" 2>&1)
key=$(printf '%s' "$body" | sed -n 's/.*"AccessKeyId":"\([A-Z]*\)".*/\1/p')
printf '{"key":"%s"}\n' "$key"
