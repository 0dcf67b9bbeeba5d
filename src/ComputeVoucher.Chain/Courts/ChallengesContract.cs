using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>Challenges.sol: data of the transaction that opens a dispute.</summary>
public static class ChallengesContract
{
    /// <summary>Opens a dispute about a statement; prepays the first answer.</summary>
    /// <param name="record">Leaf 0 of a language model's input record first, and where the Cancel
    /// is asked for the leaves of its end tokens; empty for a graph.</param>
    /// <param name="last">The leaf of the last token where the Cancel is asked for; else none.
    /// </param>
    public static byte[] Open(
        in Brief brief,
        in SignedStatement statement,
        DisputePurpose purpose,
        ReadOnlySpan<RecordOpening> record,
        in RecordOpening last) => new AbiWriter()
            .Write(brief)
            .Write(statement)
            .Write((ulong)purpose)
            .Write(record)
            .Write(last)
            .ToCall(ChallengesAbi.Open.Selector);
}

/// <summary>What src/contracts/courts/Challenges.sol declares and Chain uses.</summary>
internal static class ChallengesAbi
{
    public static readonly ContractFunction Open = new(
        0xf6bf71ca,
        $"open({CourtStructs.BriefType},{CourtStructs.StatementType},uint8,"
            + $"{CourtStructs.OpeningType}[],{CourtStructs.OpeningType})");
}
