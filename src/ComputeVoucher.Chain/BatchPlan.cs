using System.Collections.Generic;

namespace ComputeVoucher.Chain;

/// <summary>Batches to send, and one line for each group of rows that is in none.</summary>
public sealed record BatchPlan(
    IReadOnlyList<RedeemBatch> Batches, IReadOnlyList<string> LeftOut);
