using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>Contradictions.sol: convictions in one transaction, which anyone may send.</summary>
/// <remarks>`record` opens the input record of a language model, leaf 0 first; it is empty for a
/// graph.</remarks>
public static class ContradictionsContract
{
    /// <summary>Two statements of one order and step count that differ.</summary>
    public static byte[] Equivocation(
        in Brief brief,
        in SignedStatement one,
        in SignedStatement other,
        ReadOnlySpan<RecordOpening> record) => new AbiWriter()
            .Write(brief)
            .Write(one)
            .Write(other)
            .Write(record)
            .ToCall(ContradictionsAbi.Equivocation.Selector);

    /// <summary>Other units than follow from model, prompt, steps and flags.</summary>
    public static byte[] Units(
        in Brief brief, in SignedStatement receipt, ReadOnlySpan<RecordOpening> record) =>
        new AbiWriter()
            .Write(brief)
            .Write(receipt)
            .Write(record)
            .ToCall(ContradictionsAbi.Units.Selector);

    /// <summary>More steps than the order allows, or than an end token leaves.</summary>
    /// <param name="place">Of the end token in the output.</param>
    /// <param name="end">Its number among the record's end tokens.</param>
    /// <param name="leaf">The leaf of the output that holds it.</param>
    public static byte[] Steps(
        in Brief brief,
        in SignedStatement statement,
        ReadOnlySpan<RecordOpening> record,
        uint place,
        uint end,
        in RecordOpening leaf) => new AbiWriter()
            .Write(brief)
            .Write(statement)
            .Write(record)
            .Write((ulong)place)
            .Write((ulong)end)
            .Write(leaf)
            .ToCall(ContradictionsAbi.Steps.Selector);

    /// <summary>Nothing was produced, and yet there is an output or a trace.</summary>
    public static byte[] Nothing(in Brief brief, in SignedStatement statement) =>
        new AbiWriter().Write(brief).Write(statement).ToCall(ContradictionsAbi.Nothing.Selector);

    /// <summary>The trace of a graph begins with other inputs than the order's.</summary>
    public static byte[] Input(
        in Brief brief, in SignedStatement statement, ReadOnlySpan<TensorMember> members) =>
        new AbiWriter()
            .Write(brief)
            .Write(statement)
            .Write(members)
            .ToCall(ContradictionsAbi.Input.Selector);

    /// <summary>The trace of a graph has other outputs than the receipt.</summary>
    /// <param name="stated">Where the trace root stands: the receipt itself, or a TraceRoot that
    /// was signed later.</param>
    public static byte[] Output(
        in Brief brief,
        in SignedStatement receipt,
        in SignedStatement stated,
        ReadOnlySpan<TensorMember> members) => new AbiWriter()
            .Write(brief)
            .Write(receipt)
            .Write(stated)
            .Write(members)
            .ToCall(ContradictionsAbi.Output.Selector);

    /// <summary>An element that somebody can open contradicts its operands: of a trace, or of an
    /// output.</summary>
    /// <param name="statement">A receipt where the element is of an output.</param>
    /// <param name="stated">Where the trace root stands: the statement itself, or a TraceRoot that
    /// was signed later.</param>
    public static byte[] Element(
        in Brief brief,
        in SignedStatement statement,
        in SignedStatement stated,
        ReadOnlySpan<RecordOpening> record,
        CommittedTree tree,
        ReadOnlySpan<byte> proof) => new AbiWriter()
            .Write(brief)
            .Write(statement)
            .Write(stated)
            .Write(record)
            .Write((ulong)tree)
            .WriteBytes(proof)
            .ToCall(ContradictionsAbi.Element.Selector);
}

/// <summary>What src/contracts/courts/Contradictions.sol declares and Chain uses.</summary>
internal static class ContradictionsAbi
{
    private const string Opened = $"{CourtStructs.BriefType},{CourtStructs.StatementType}";

    private const string RecordType = $"{CourtStructs.OpeningType}[]";

    private const string MembersType = "(bytes32,bytes32[])[]";

    public static readonly ContractFunction Equivocation =
        new(0x70388dab, $"equivocation({Opened},{CourtStructs.StatementType},{RecordType})");

    public static readonly ContractFunction Units =
        new(0xbf32d7d1, $"units({Opened},{RecordType})");

    public static readonly ContractFunction Steps = new(
        0x22b8633c, $"steps({Opened},{RecordType},uint32,uint32,{CourtStructs.OpeningType})");

    public static readonly ContractFunction Nothing = new(0x42289015, $"nothing({Opened})");

    public static readonly ContractFunction Input =
        new(0x746a6ffa, $"input({Opened},{MembersType})");

    public static readonly ContractFunction Output =
        new(0x5d0126a0, $"output({Opened},{CourtStructs.StatementType},{MembersType})");

    public static readonly ContractFunction Element = new(
        0x9a4ed7ed, $"element({Opened},{CourtStructs.StatementType},{RecordType},uint8,bytes)");
}
