using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>The court's structs, word by word, and their types for signatures.</summary>
internal static class CourtStructs
{
    public const string SignatureType = "(bytes32,bytes32)";

    private const string OrderType =
        "(bytes32,uint64,bytes32,bytes32,uint128,uint64,uint8,bytes32)";

    public const string BriefType =
        $"({VouchersAbi.ClassType},{VouchersAbi.ChannelType},{OrderType},{SignatureType})";

    public const string StatementType =
        $"(bool,bytes32,uint32,bytes32,bytes32,uint128,{SignatureType})";

    public const string OpeningType = "(uint32,bytes,bytes32[])";

    public const string RunType = "(bytes32,bytes32,bytes32,bytes32,uint32,uint32,uint32)";

    public const string MatterType = $"({RunType},bytes32,bytes32,address,address,address,address,"
        + "uint64,uint96,uint128,uint8)";

    public const string StartType = $"(uint128,uint64,{SignatureType})";

    public const string DeliveryType = $"({OrderType},{SignatureType},{StatementType},bytes)";

    public static AbiWriter Write(this AbiWriter writer, in Brief brief) => writer
        .Write(brief.Class)
        .Write(brief.Channel)
        .Write(brief.Order)
        .Write(brief.Signature);

    public static AbiWriter Write(this AbiWriter writer, in SignedStatement statement) => writer
        .Write(statement.IsReceipt)
        .Write(statement.OrderHash)
        .Write((ulong)statement.Steps)
        .Write(statement.OutputRoot)
        .Write(statement.TraceRoot)
        .Write(statement.Units)
        .Write(statement.Signature);

    public static AbiWriter Write(this AbiWriter writer, in CourtRun run) => writer
        .Write(run.ModelRoot)
        .Write(run.InputRoot)
        .Write(run.OutputRoot)
        .Write(run.TraceRoot)
        .Write((ulong)run.Prompt)
        .Write((ulong)run.Steps)
        .Write((ulong)run.TopK);

    public static AbiWriter Write(this AbiWriter writer, in Matter matter) => writer
        .Write(matter.Run)
        .Write(matter.Channel)
        .Write(matter.OrderHash)
        .Write(matter.Node)
        .Write(matter.SpendKey)
        .Write(matter.Token)
        .Write(matter.Opener)
        .Write(matter.Seq)
        .Write(matter.Rate)
        .Write(matter.Units)
        .Write((ulong)matter.Purpose);

    public static AbiWriter Write(this AbiWriter writer, in ClaimStart start) => writer
        .Write(start.CumUnits)
        .Write(start.NextSeq)
        .Write(start.Signature);

    public static AbiWriter Write(this AbiWriter writer, in RecordOpening opening) =>
        writer.WriteTuple(new AbiWriter()
            .Write((ulong)opening.Index)
            .WriteBytes(opening.Leaf.Span)
            .WriteHashes(opening.Siblings.Span));

    public static AbiWriter Write(this AbiWriter writer, ReadOnlySpan<RecordOpening> openings)
    {
        AbiWriter elements = new();
        foreach (RecordOpening opening in openings)
        {
            elements.Write(opening);
        }

        return writer.WriteArray(openings.Length, elements);
    }

    public static AbiWriter Write(this AbiWriter writer, ReadOnlySpan<TensorMember> members)
    {
        AbiWriter elements = new();
        foreach (TensorMember member in members)
        {
            elements.WriteTuple(
                new AbiWriter().Write(member.Hash).WriteHashes(member.Siblings.Span));
        }

        return writer.WriteArray(members.Length, elements);
    }

    public static AbiWriter Write(this AbiWriter writer, in Delivery delivery) =>
        writer.WriteTuple(new AbiWriter()
            .Write(delivery.Order)
            .Write(delivery.Signature)
            .Write(delivery.Receipt)
            .WriteBytes(delivery.Output.Span));

    public static AbiWriter WriteHashes(this AbiWriter writer, ReadOnlySpan<Bytes32> hashes)
    {
        AbiWriter elements = new();
        foreach (Bytes32 hash in hashes)
        {
            elements.Write(hash);
        }

        return writer.WriteArray(hashes.Length, elements);
    }

    public static Matter ReadMatter(this ref AbiReader reader) => new(
        new CourtRun(
            reader.ReadBytes32(),
            reader.ReadBytes32(),
            reader.ReadBytes32(),
            reader.ReadBytes32(),
            reader.ReadUInt32(),
            reader.ReadUInt32(),
            reader.ReadUInt32()),
        reader.ReadBytes32(),
        reader.ReadBytes32(),
        reader.ReadAddress(),
        reader.ReadAddress(),
        reader.ReadAddress(),
        reader.ReadAddress(),
        reader.ReadUInt64(),
        reader.ReadUInt128(),
        reader.ReadUInt128(),
        (DisputePurpose)reader.ReadByte((byte)DisputePurpose.Cancel));

    public static Dispute ReadDispute(this ref AbiReader reader) => new(
        reader.ReadBytes32(),
        reader.ReadBytes32(),
        reader.ReadState(),
        reader.ReadState(),
        (DisputeWraps)reader.ReadByte(byte.MaxValue),
        reader.ReadByte(byte.MaxValue),
        reader.ReadByte(byte.MaxValue),
        reader.ReadUInt32(),
        reader.ReadUInt64(),
        reader.ReadUInt32(),
        reader.ReadUInt32(),
        reader.ReadUInt32(),
        reader.ReadUInt32(),
        reader.ReadUInt64(),
        reader.ReadUInt128(),
        reader.ReadUInt128(),
        reader.ReadUInt64());

    public static CaseState ReadCase(this ref AbiReader reader) => new(
        reader.ReadBool(),
        reader.ReadBool(),
        reader.ReadBool(),
        reader.ReadUInt32(),
        reader.ReadUInt128(),
        reader.ReadUInt128(),
        reader.ReadUInt128(),
        reader.ReadUInt64(),
        reader.ReadUInt64(),
        reader.ReadUInt64(),
        reader.ReadUInt128(),
        reader.ReadUInt128());

    public static Demand ReadDemand(this ref AbiReader reader) => new(
        reader.ReadAddress(),
        reader.ReadUInt64(),
        reader.ReadBool(),
        reader.ReadBool(),
        reader.ReadBool(),
        reader.ReadUInt128(),
        reader.ReadUInt128(),
        reader.ReadBytes32());

    public static Delivery ReadDelivery(this ref AbiReader reader)
    {
        AbiReader members = reader.ReadTuple();
        return new Delivery(
            members.ReadOrder(),
            members.ReadSignature(),
            members.ReadStatement(),
            members.ReadBytes().ToArray());
    }

    public static DisputeState ReadState(this ref AbiReader reader) =>
        (DisputeState)reader.ReadByte((byte)DisputeState.Lapsed);

    public static bool ReadBool(this ref AbiReader reader) => reader.ReadByte(1) == 1;

    public static byte ReadByte(this ref AbiReader reader, byte max) =>
        reader.ReadUInt64() is var value && value <= max
            ? (byte)value
            : throw new FormatException($"not this ABI type: {value} where {max} is the most");

    public static uint ReadUInt32(this ref AbiReader reader) =>
        reader.ReadUInt64() is var value && value <= uint.MaxValue
            ? (uint)value
            : throw new FormatException("not this ABI type: a number of more than 32 bits");

    public static SignedStatement ReadStatement(this ref AbiReader reader) => new(
        reader.ReadBool(),
        reader.ReadBytes32(),
        reader.ReadUInt32(),
        reader.ReadBytes32(),
        reader.ReadBytes32(),
        reader.ReadUInt128(),
        reader.ReadSignature());
}
