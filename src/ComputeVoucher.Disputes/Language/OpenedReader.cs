using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Disputes;

/// <summary>
/// Reads what was opened and proven, and where operands are claimed, the values claimed; anything
/// else ends the definition.
/// </summary>
internal sealed class OpenedReader(
    LlamaArchitecture model, TraceLayout layout, OpenedTrace trace, Leaves record,
    Dictionary<(WeightId Id, int Layer, int Row), Leaves> rows, ClaimedValues? values)
    : TraceReader(model, layout)
{
    private bool _claims;

    /// <summary>Operands that were taken from the claimed values, in order.</summary>
    public List<ClaimedOperand> Claimed { get; } = [];

    /// <summary>
    /// From here on rope and its scalars are claimed: the operands that lie at as many positions
    /// as there are tokens.
    /// </summary>
    /// <exception cref="EvidenceException">The element is no weighted sum of attention, and reads
    /// none.</exception>
    public void RequireClaims(in TracePlace at, in OperandsRequest request) =>
        _claims = MayClaim(this, at, request)
            ? true
            : throw ProofReader.Bad($"operands of {TraceLayout.Name(at.Tensor)} are opened");

    /// <summary>Whether operands are claimed: LanguageElements.hasOperands. Behind 96 tokens the
    /// sums of as many are committed, and what reads these opens them.</summary>
    public static bool MayClaim(
        TraceReader reader, in TracePlace at, in OperandsRequest request)
    {
        bool reads = at.Tensor is TraceTensor.WeightsSum or TraceTensor.WeightsMix || (
            at.Tensor is TraceTensor.AttentionOutput or TraceTensor.AttentionOutputScalars
            && at.Position < AttentionWork.PartialTokens);
        bool isWitness = Maximum.Rivals(reader, at, request.Element) > 0;
        return reads && isWitness == (request.Rival != ElementProof.NoRival);
    }

    /// <summary>Tensors that are claimed then.</summary>
    public static bool IsClaimed(TraceTensor tensor) =>
        tensor is TraceTensor.Rope or TraceTensor.RopeScalars;

    /// <summary>What an opening shows.</summary>
    public long Committed(int tensor, int element) => trace.Read(tensor, element);

    public override byte Ordered(int index)
    {
        Span<byte> value = stackalloc byte[1];
        return record.TryCopy(index, value) ? value[0]
            : throw new EvidenceException(
                Verdict.OpeningMissing, $"byte {index} of the record is not open");
    }

    protected override long Read(
        int tensor, TensorType type, ReadOnlySpan<int> dims, int element)
    {
        if (!_claims || !IsClaimed(Layout.Locate(tensor).Tensor))
        {
            return trace.Read(tensor, element);
        }

        long value = values!.Next(type);
        Claimed.Add(new ClaimedOperand(tensor, element, value));
        return value;
    }

    protected override void ReadRow(WeightId id, int layer, int row, int at, Span<byte> bytes)
    {
        if (!rows.TryGetValue((id, layer, row), out Leaves? leaves) || !leaves.TryCopy(at, bytes))
        {
            throw new EvidenceException(
                Verdict.OpeningMissing, $"byte {at} of {id} {layer}, row {row}, is not open");
        }
    }
}

/// <summary>An operand as an answer says that it is.</summary>
internal readonly record struct ClaimedOperand(int Tensor, int Element, long Value);

/// <summary>Values of an answer, big endian, one after the other.</summary>
internal sealed class ClaimedValues(byte[] bytes)
{
    private int _at;

    public bool IsEmpty => bytes.Length == 0;

    public bool IsUsedUp => _at == bytes.Length;

    public long Next(TensorType type)
    {
        int size = TraceTree.ElementBytes(type);
        if (bytes.Length - _at < size)
        {
            throw ProofReader.Bad($"{bytes.Length} bytes of values are too few");
        }

        ReadOnlySpan<byte> value = bytes.AsSpan(_at, size);
        _at += size;
        return size == sizeof(short)
            ? BinaryPrimitives.ReadInt16BigEndian(value)
            : BinaryPrimitives.ReadInt64BigEndian(value);
    }
}
