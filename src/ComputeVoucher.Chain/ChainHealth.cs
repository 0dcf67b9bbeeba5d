namespace ComputeVoucher.Chain;

/// <summary>Whether new work may be accepted, as far as the chain is concerned.</summary>
/// <param name="IsAccepting">False while endpoints contradict the configuration or each other,
/// or none answers for too long. Redemption goes on regardless.</param>
/// <param name="Problem">One line for the operator; null where all is well.</param>
/// <param name="EndpointsAlive">Endpoints that answered the last check and were not put
/// aside.</param>
public sealed record ChainHealth(bool IsAccepting, string? Problem, int EndpointsAlive);
