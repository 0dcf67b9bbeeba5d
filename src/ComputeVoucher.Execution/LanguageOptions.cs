namespace ComputeVoucher.Execution;

/// <summary>What an operator may choose when a language model is imported.</summary>
public sealed record LanguageOptions
{
    /// <summary>
    /// Positions of the rotary table and the KV cache, up to 32,768; part of the model root, so
    /// that a file's own number is not taken. An artifact has the number that it was made with.
    /// </summary>
    public int Context { get; init; } = LanguageModel.DefaultContext;

    /// <summary>8 or 4: what float weights are quantized to (Q8_0 or Q4_0).</summary>
    public int FloatWeightBits { get; init; } = 8;

    /// <summary>A llama2.c tokenizer file; null for the model's own, or one beside it.</summary>
    public string? TokenizerPath { get; init; }
}
