namespace ComputeVoucher.Models.Tales;

/// <summary>Sizes of a Llama-architecture transformer with tied embeddings.</summary>
internal sealed record Shape(
    int Dim, int Hidden, int Layers, int Heads, int KvHeads, int Vocabulary, int Context)
{
    public const float Epsilon = 1e-5f;

    public const float RopeBase = 10_000f;

    public int HeadDim => Dim / Heads;

    public int KvDim => HeadDim * KvHeads;
}
