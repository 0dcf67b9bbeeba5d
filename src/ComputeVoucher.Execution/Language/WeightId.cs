namespace ComputeVoucher.Execution.Language;

/// <summary>Parameter tensors of a Llama; the numbers stand in the parameter leaves.</summary>
internal enum WeightId
{
    Embedding = 0,
    Query = 1,
    Key = 2,
    Value = 3,
    Output = 4,
    Gate = 5,
    Up = 6,
    Down = 7,
    Classifier = 8,
    AttentionNorm = 9,
    FeedForwardNorm = 10,
    FinalNorm = 11,
    Rotary = 12,
}
