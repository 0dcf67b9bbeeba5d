using System;

namespace ComputeVoucher.Decode;

/// <summary>Shapes that language-model speed is quoted for.</summary>
internal sealed record Shape(
    int Dim, int Hidden, int Layers, int Heads, int KvHeads, int Vocab)
{
    public static Shape Named(string name) => name switch
    {
        "15M" => new(288, 768, 6, 6, 6, 32_000),
        "110M" => new(768, 2048, 12, 12, 12, 32_000),
        "1.1B" => new(2048, 5632, 22, 32, 4, 32_000),
        _ => throw new ArgumentException($"shape {name}: 15M, 110M or 1.1B"),
    };

    public int KvDim => Dim / Heads * KvHeads;
}
