using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>What Disputes.sol says of one dispute.</summary>
/// <param name="Kind">Says which of the others mean something.</param>
/// <param name="Log">Where it stands; the move itself is the calldata of its transaction.</param>
public sealed record DisputeEvent(DisputeEventKind Kind, ulong Id, LogEntry Log)
{
    /// <summary>Of Opened: what every move has to repeat.</summary>
    public Matter Matter { get; init; }

    /// <summary>Of Answered and Asked: whose move is next, and which.</summary>
    public DisputeState Next { get; init; }

    /// <summary>Of RootStated: the matter's trace root from now on.</summary>
    public Bytes32 TraceRoot { get; init; }

    /// <summary>Of OperandsWanted: list index and element, 4 bytes each, big endian.</summary>
    public byte[] Request { get; init; } = [];

    /// <summary>Of Ended: the node was convicted; otherwise the opener has lapsed.</summary>
    public bool IsConvicted { get; init; }

    /// <summary>First topic of an opening, whose second is the channel's.</summary>
    public static Bytes32 OpenedTopic => DisputesAbi.Opened.Topic;

    /// <summary>False for a log of another event.</summary>
    public static bool TryRead(LogEntry log, out DisputeEvent read)
    {
        ArgumentNullException.ThrowIfNull(log);
        read = null!;
        if (log.Topics.Length < 2 || KindOf(log.Topics[0]) is not { } kind)
        {
            return false;
        }

        try
        {
            DisputeEvent plain = new(kind, new AbiReader(log.Topics[1].Span).ReadUInt64(), log);
            AbiReader data = new(log.Data);
            read = Read(plain, ref data);
            // The tail of a request counts as heads.
            return kind == DisputeEventKind.OperandsWanted || data.IsAtEnd;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static DisputeEvent Read(DisputeEvent plain, ref AbiReader data)
    {
        switch (plain.Kind)
        {
            case DisputeEventKind.Opened:
                ulong seq = data.ReadUInt64();
                DisputeEvent opened = plain with { Matter = data.ReadMatter() };
                return opened.Matter.Seq == seq && plain.Log.Topics.Length == 3
                    && opened.Matter.Channel == plain.Log.Topics[2]
                    ? opened
                    : throw new FormatException("a matter of another channel");
            case DisputeEventKind.RootStated:
                return plain with { TraceRoot = data.ReadBytes32() };
            case DisputeEventKind.Answered:
            case DisputeEventKind.Asked:
                return plain with { Next = data.ReadState() };
            case DisputeEventKind.OperandsWanted:
                return plain with { Request = data.ReadBytes().ToArray() };
            case DisputeEventKind.Ended:
                return plain with { IsConvicted = data.ReadBool() };
            default:
                return plain;
        }
    }

    private static DisputeEventKind? KindOf(in Bytes32 topic)
    {
        foreach ((ContractEvent declared, DisputeEventKind kind) in s_kinds)
        {
            if (declared.Topic == topic)
            {
                return kind;
            }
        }

        return null;
    }

    private static readonly (ContractEvent, DisputeEventKind)[] s_kinds =
    [
        (DisputesAbi.Opened, DisputeEventKind.Opened),
        (DisputesAbi.Started, DisputeEventKind.Started),
        (DisputesAbi.RootStated, DisputeEventKind.RootStated),
        (DisputesAbi.Answered, DisputeEventKind.Answered),
        (DisputesAbi.Asked, DisputeEventKind.Asked),
        (DisputesAbi.OperandsWanted, DisputeEventKind.OperandsWanted),
        (DisputesAbi.InputWanted, DisputeEventKind.InputWanted),
        (DisputesAbi.InputShown, DisputeEventKind.InputShown),
        (DisputesAbi.Ended, DisputeEventKind.Ended),
    ];
}

/// <summary>What happens to a dispute.</summary>
public enum DisputeEventKind
{
    Opened,

    /// <summary>It left the queue: the provider's time runs.</summary>
    Started,
    RootStated,

    /// <summary>The provider moved.</summary>
    Answered,

    /// <summary>The opener moved.</summary>
    Asked,
    OperandsWanted,
    InputWanted,
    InputShown,
    Ended,
}
