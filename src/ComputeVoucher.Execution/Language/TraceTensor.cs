namespace ComputeVoucher.Execution.Language;

/// <summary>
/// What a trace commits to, in the order of its list: the record once; from Embed on, position by
/// position; from AttentionNorm to Scalars, layer by layer; from FinalNorm on where a token is
/// produced. NAME.parts precedes the product of more than 4,096 columns that it belongs to.
/// </summary>
internal enum TraceTensor
{
    Input,
    Embed,
    AttentionNorm, QkvParts, Qkv, Rope, Weights, WeightsSum, WeightsMix, AttentionOutput,
    AttentionParts, Attention,
    FeedForwardNorm, GateUpParts, GateUp, SwiGlu, FeedForwardParts, FeedForward,
    Scalars,
    FinalNorm, LogitsParts, Logits, FinalScalars,
    Candidates, CandidateLogits, Token,
}
