using System;
using System.Buffers.Binary;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Execution;

/// <summary>
/// Compute units: what one run costs, from the architecture alone. 1 CU is one multiply-accumulate,
/// padding included, with its share of requantization; the other operators cost what they take
/// next to it in the scalar definition, rounded, and are published here for good.
/// </summary>
public static class CostTable
{
    /// <summary>CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED: per multiply-accumulate.</summary>
    public const ulong Mac = 1;

    /// <summary>
    /// AVERAGE_POOL_2D, MAX_POOL_2D: per tap and output element; MEAN: per input element.
    /// </summary>
    public const ulong PoolTap = 1;

    /// <summary>ADD: per output element; three fixed-point multiplications.</summary>
    public const ulong AddElement = 8;

    /// <summary>QUANTIZE: per element; one fixed-point multiplication.</summary>
    public const ulong QuantizeElement = 4;

    /// <summary>SOFTMAX: per element; two exponentials of up to 13 multiplications.</summary>
    public const ulong SoftmaxElement = 64;

    /// <summary>PAD, RESHAPE, TRANSPOSE: per output element moved.</summary>
    public const ulong MoveElement = 1;

    /// <summary>Language models, RMSNorm and its int16 form: per element.</summary>
    public const ulong LanguageNormElement = 8;

    /// <summary>Language models, rotation and int16 form of q, k and v: per element.</summary>
    public const ulong LanguageRotateElement = 4;

    /// <summary>Language models, score, exp and its share of the sum: per head and token.</summary>
    public const ulong LanguageExpElement = 8;

    /// <summary>
    /// Language models, division and int16 form of the attention output: per element.
    /// </summary>
    public const ulong LanguageDivideElement = 8;

    /// <summary>
    /// Language models, sigmoid, two products and int16 form: per hidden element.
    /// </summary>
    public const ulong LanguageSwiGluElement = 16;

    /// <summary>Language models, choice of a token: per logit.</summary>
    public const ulong LanguageChooseElement = 1;

    /// <summary>A succinct proof of a graph's run (flag 4 of an order): per output element of
    /// every operator that <see cref="IsProved"/>. Language models have none.</summary>
    public const ulong SuccinctProofElement = 100_000;

    /// <summary>A Groth16 proof of a graph's run (flag 8 of an order), per element as above.
    /// </summary>
    public const ulong Groth16ProofElement = 200_000_000;

    /// <summary>Rows of language models are numbered from here, in the order above.</summary>
    private const uint LanguageRows = 1000;

    /// <summary>Rows of proofs are numbered from here, in the order above.</summary>
    private const uint ProofRows = 2000;

    /// <summary>
    /// Digest of this table, the `costTable` of a voucher class:
    /// keccak("ComputeVoucher cost table 2" ‖ per row: number u32 LE ‖ units u32 LE), rows in
    /// rising order of their numbers; those of operators are TFLite's.
    /// </summary>
    public static Bytes32 Hash { get; } = ComputeHash();

    /// <summary>Whether a proof has to show an operator's elements: those that only move or choose
    /// values are wires of a circuit, and cost nothing.</summary>
    internal static bool IsProved(OperatorKind kind) => kind is not (OperatorKind.Reshape
        or OperatorKind.Pad or OperatorKind.Transpose or OperatorKind.MaxPool2D);

    /// <summary>Of an order's flags, the bits that have a price.</summary>
    public static WantedProofs ProofsOf(byte flags) => (WantedProofs)flags & WantedProofs.All;

    private static Bytes32 ComputeHash()
    {
        ReadOnlySpan<(uint Number, ulong Units)> rows =
        [
            ((uint)OperatorKind.Add, AddElement),
            ((uint)OperatorKind.AveragePool2D, PoolTap),
            ((uint)OperatorKind.Conv2D, Mac),
            ((uint)OperatorKind.DepthwiseConv2D, Mac),
            ((uint)OperatorKind.FullyConnected, Mac),
            ((uint)OperatorKind.MaxPool2D, PoolTap),
            ((uint)OperatorKind.Reshape, MoveElement),
            ((uint)OperatorKind.Softmax, SoftmaxElement),
            ((uint)OperatorKind.Pad, MoveElement),
            ((uint)OperatorKind.Transpose, MoveElement),
            ((uint)OperatorKind.Mean, PoolTap),
            ((uint)OperatorKind.Quantize, QuantizeElement),
            (LanguageRows, LanguageNormElement),
            (LanguageRows + 1, LanguageRotateElement),
            (LanguageRows + 2, LanguageExpElement),
            (LanguageRows + 3, LanguageDivideElement),
            (LanguageRows + 4, LanguageSwiGluElement),
            (LanguageRows + 5, LanguageChooseElement),
            (ProofRows, SuccinctProofElement),
            (ProofRows + 1, Groth16ProofElement),
        ];
        ReadOnlySpan<byte> title = "ComputeVoucher cost table 2"u8;
        byte[] message = new byte[title.Length + 8 * rows.Length];
        title.CopyTo(message);
        for (int i = 0; i < rows.Length; i++)
        {
            Span<byte> row = message.AsSpan(title.Length + 8 * i, 8);
            BinaryPrimitives.WriteUInt32LittleEndian(row, rows[i].Number);
            BinaryPrimitives.WriteUInt32LittleEndian(row[4..], (uint)rows[i].Units);
        }

        return Keccak256.Hash(message);
    }
}
