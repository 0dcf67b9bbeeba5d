using System.Collections.Generic;

namespace ComputeVoucher.Chain;

/// <summary>What one step of the service did.</summary>
/// <param name="Submitted">Redemptions that were added to the outbox.</param>
public sealed record ChainStep(
    MirrorStep Mirror,
    IReadOnlyList<OutboxItem> Submitted,
    IReadOnlyList<OutboxChange> Changes);
