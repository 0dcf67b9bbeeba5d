using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>What Court.sol and Claims.sol say of one channel, or of one of its orders.</summary>
/// <param name="Kind">Says which of the others mean something.</param>
/// <param name="Log">Where it stands.</param>
public sealed record CaseEvent(CaseEventKind Kind, Bytes32 Channel, LogEntry Log)
{
    /// <summary>Of the order; of a Checkpoint its nextSeq; 0 of what is the channel's.</summary>
    public ulong Seq { get; init; }

    /// <summary>The watcher, verifier, convicted node, asker, or who was paid a share.</summary>
    public Address Who { get; init; }

    /// <summary>Appointed and Trusted: from now on. DemandEnded: it was answered.</summary>
    public bool IsOn { get; init; }

    /// <summary>Token base units; of a Checkpoint cumulative units.</summary>
    public UInt128 Amount { get; init; }

    /// <summary>Of Claimed the batch that pays, of Moved the new one.</summary>
    public ulong BatchId { get; init; }

    /// <summary>Asked, InputWanted and InputShown: Unix seconds by which the next move is due.
    /// </summary>
    public ulong DueBy { get; init; }

    /// <summary>False for a log of another event.</summary>
    public static bool TryRead(LogEntry log, out CaseEvent read)
    {
        ArgumentNullException.ThrowIfNull(log);
        read = null!;
        if (log.Topics.Length < 2 || KindOf(log.Topics[0]) is not { } kind)
        {
            return false;
        }

        try
        {
            AbiReader data = new(log.Data);
            read = Read(new CaseEvent(kind, log.Topics[1], log), ref data);
            return data.IsAtEnd;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static CaseEvent Read(CaseEvent plain, ref AbiReader data) => plain.Kind switch
    {
        CaseEventKind.Appointed or CaseEventKind.Trusted =>
            plain with { Who = AddressOf(plain, 2), IsOn = data.ReadBool() },
        CaseEventKind.Claimed => plain with
        {
            Seq = NumberOf(plain, 2),
            BatchId = NumberOf(plain, 3),
            Amount = data.ReadUInt128(),
        },
        CaseEventKind.Convicted => plain with
        {
            Seq = NumberOf(plain, 2),
            Who = AddressOf(plain, 3),
            Amount = data.ReadUInt128(),
        },
        CaseEventKind.Refundable =>
            plain with { Seq = NumberOf(plain, 2), Amount = data.ReadUInt128() },
        CaseEventKind.Moved => plain with
        {
            Seq = NumberOf(plain, 2),
            BatchId = data.ReadUInt64(),
            Amount = data.ReadUInt128(),
        },
        CaseEventKind.ShareCollected =>
            plain with { Who = data.ReadAddress(), Amount = data.ReadUInt128() },
        CaseEventKind.Checkpoint =>
            plain with { Amount = data.ReadUInt128(), Seq = data.ReadUInt64() },
        CaseEventKind.Asked => plain with
        {
            Seq = NumberOf(plain, 2),
            Who = data.ReadAddress(),
            DueBy = data.ReadUInt64(),
        },
        CaseEventKind.DemandEnded =>
            plain with { Seq = NumberOf(plain, 2), IsOn = data.ReadBool() },
        _ => plain with { Seq = NumberOf(plain, 2), DueBy = data.ReadUInt64() },
    };

    private static Address AddressOf(CaseEvent plain, int topic) =>
        Topic(plain, topic).ReadAddress();

    private static ulong NumberOf(CaseEvent plain, int topic) => Topic(plain, topic).ReadUInt64();

    private static AbiReader Topic(CaseEvent plain, int topic) => topic < plain.Log.Topics.Length
        ? new AbiReader(plain.Log.Topics[topic].Span)
        : throw new FormatException("a topic is missing");

    private static CaseEventKind? KindOf(in Bytes32 topic)
    {
        foreach ((ContractEvent declared, CaseEventKind kind) in s_kinds)
        {
            if (declared.Topic == topic)
            {
                return kind;
            }
        }

        return null;
    }

    private static readonly (ContractEvent, CaseEventKind)[] s_kinds =
    [
        (CourtAbi.Appointed, CaseEventKind.Appointed),
        (CourtAbi.Claimed, CaseEventKind.Claimed),
        (CourtAbi.Convicted, CaseEventKind.Convicted),
        (CourtAbi.Refundable, CaseEventKind.Refundable),
        (CourtAbi.Moved, CaseEventKind.Moved),
        (CourtAbi.ShareCollected, CaseEventKind.ShareCollected),
        (ClaimsAbi.Trusted, CaseEventKind.Trusted),
        (ClaimsAbi.Checkpoint, CaseEventKind.Checkpoint),
        (ClaimsAbi.Asked, CaseEventKind.Asked),
        (ClaimsAbi.DemandEnded, CaseEventKind.DemandEnded),
        (ClaimsAbi.InputWanted, CaseEventKind.InputWanted),
        (ClaimsAbi.InputShown, CaseEventKind.InputShown),
    ];
}

/// <summary>What happens to a channel's orders before a court.</summary>
public enum CaseEventKind
{
    Appointed,
    Claimed,
    Convicted,
    Refundable,

    /// <summary>The case's money moved into a batch of its own.</summary>
    Moved,
    ShareCollected,
    Trusted,
    Checkpoint,
    Asked,
    DemandEnded,
    InputWanted,
    InputShown,
}
