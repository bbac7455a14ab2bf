import { agentError } from './agent-errors.ts';

/** As the agent words an error of EKS Auth. */
const body = (code: string, message: string): string => `[request-1]: (${code}): ${message}, fault: client`;

test.each<[number, string, string, RegExp]>([
  [
    400,
    body(
      'AccessDeniedException',
      'Unauthorized Exception! EKS does not have permissions to assume the associated role.',
    ),
    'AgentRefused',
    /for pods\.eks\.amazonaws\.com .* Add \{.*"Service":"pods\.eks\.amazonaws\.com"\}\} to that trust policy\.$/,
  ],
  [
    400,
    body('AccessDeniedException', 'User: x is not authorized to perform: eks-auth:AssumeRoleForPodIdentity'),
    'AgentRefused',
    /Attach the policy AmazonEKSWorkerNodePolicy to the role of the node/,
  ],
  [
    400,
    body('InvalidTokenException', 'Token audience is not valid'),
    'AgentRefused',
    /another cluster, or of another audience .* recreate the pod/,
  ],
  [400, body('ExpiredTokenException', 'Token is expired'), 'StsCredentialsExpired', /kubelet renews/],
  // As the agent's parser of tokens words it, without a code of EKS Auth (golang-jwt).
  [
    400,
    'Service account token failed basic claim validations: token is not valid yet',
    'StsClockSkew',
    /is behind that of/,
  ],
  [400, body('InvalidRequestException', 'PackedPolicyTooLarge: 120%'), 'AgentRefused', /disableSessionTags/],
  [400, body('SomethingNew', 'Its text'), 'AgentRefused', /Its text, fault: client\.$/],
  [403, 'Access denied: expired host', 'AgentRefused', /expired host\.$/],
  [404, body('ResourceNotFoundException', 'No association'), 'AgentNoAssociation', /No association/],
  [429, 'Too Many Requests', 'AgentThrottled', /Too Many/],
  [500, body('InternalServerException', 'x expired'), 'AgentUnavailable', /500/],
  [302, '', 'AgentInvalidResponse', /302\.$/],
])('%i %s', (status, text, code, pattern) => {
  const error = agentError(status, text);
  expect(error.code).toBe(code);
  expect([error.message, `${error.message} ${error.fix}`]).toContainEqual(expect.stringMatching(pattern));
});

test('a token that an error repeats is not shown', () => {
  const token = `eyJhbGciOiJSUzI1NiJ9.${'p'.repeat(50)}.sig`;
  expect(agentError(400, body('InvalidTokenException', `got ${token}`)).message).toContain('got <token>');
});
