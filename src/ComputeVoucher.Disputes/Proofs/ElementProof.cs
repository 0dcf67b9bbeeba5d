using ComputeVoucher.Execution;

namespace ComputeVoucher.Disputes;

/// <summary>
/// The bytes that show what one element of a committed run is and what it follows from: the same
/// here and in the contracts. Integers of the frame are big endian, as a contract reads them;
/// what is hashed is little endian, as committed. Types, shapes and counts are never in the proof:
/// they follow from the architecture (and, for a language model, from the ordered record).
/// <code>
/// element    01 ‖ list index u32 ‖ element u32 ‖ tensors ‖ channel            (graph)
///            01 ‖ list index u32 ‖ element u32 ‖ rival u32 ‖ record ‖ tensors ‖ rows   (language)
/// tensors    number u16, then each: list index u32 ‖ leaves, strictly rising; then the multiproof
///            of their hashes in the list
/// leaves     number u16 ‖ places u32 each, strictly rising ‖ 128 bytes each ‖ multiproof
/// channel    where the operator has parameters: its parameter leaf ‖ multiproof of the one leaf
/// record     leaves of the order's input; its first leaf must be among them
/// rows       number u8, then each: place of its parameter leaf u32 ‖ leaves, strictly rising;
///            then the multiproof of the parameter leaves, where there are any
/// operands   the same behind 02 (graph); 02 ‖ tensors (language): the values of scattered operands
///            are given beside the proof, big endian in the width of their tensor, in the order in
///            which the definition reads them, and the element is the request's
/// refutation 03 ‖ place of a value u16 ‖ list index u32 ‖ leaves ‖ its multiproof    (graph)
///            03 ‖ place of a value u16 ‖ tensors of the answer and the operand          (language)
/// output     04 ‖ token u32 ‖ record ‖ leaves of the output, that token's among them ‖ tensors,
///            the trace's token among them                                           (language)
/// multiproof 32 bytes each: level by level from the lowest, the nodes that the groups of four with
///            a known node lack, from left to right; a node beyond the level is zero and not sent
/// </code>
/// A rival of ffffffff is none; another one claims to stand before the committed witness.
/// </summary>
public static class ElementProof
{
    /// <summary>
    /// Longest proof that is read: three quarters of what go-ethereum's pool takes in a transaction
    /// (txMaxSize, 128 KiB). Import refuses models whose elements need more gas than a fraction.
    /// </summary>
    public const int BytesMax = ElementGas.BytesMax;

    /// <summary>Instead of a rival: the element itself is judged.</summary>
    public const uint NoRival = uint.MaxValue;

    internal const int Everything = 1;
    internal const int WithoutOperands = 2;
    internal const int Refutation = 3;
    internal const int OutputToken = 4;
}

/// <summary>The operands form: a proof without the scattered operands, and their values.</summary>
/// <param name="Values">Big endian, in the order of the definition's reads.</param>
/// <param name="Proof">An <see cref="ElementProof"/> of version 02.</param>
public sealed record OperandsAnswer(byte[] Values, byte[] Proof);
