using System;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Watcher;

/// <summary>What is watched, and how much of it.</summary>
public sealed record WatchOptions
{
    /// <summary>Chain and contracts.</summary>
    public required VoucherDomain Domain { get; init; }

    /// <summary>Folder of evidence files, of any channels.</summary>
    public required string Evidence { get; init; }

    /// <summary>Who sends, opens and is paid.</summary>
    public required Address Account { get; init; }

    /// <summary>Orders in a million that are run again; the others are looked at only where it
    /// costs nothing.</summary>
    public int SharePerMillion { get; init; } = ShareAll;

    /// <summary>Chooses them; unknown to the node.</summary>
    public ulong Seed { get; init; }

    /// <summary>Of a re-execution.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Who is asked over the wire before anybody goes to a court; null for nobody.
    /// </summary>
    public WatchedNodes? Nodes { get; init; }

    /// <summary>Told of every event, one line.</summary>
    public Action<string> Say { get; init; } = _ => { };

    /// <summary>Every order.</summary>
    public const int ShareAll = 1_000_000;

    /// <summary>Whether an order is among those that are run again.</summary>
    public bool Takes(in Bytes32 orderHash)
    {
        if (SharePerMillion >= ShareAll)
        {
            return true;
        }

        Span<byte> message = stackalloc byte[sizeof(ulong) + Bytes32.Size];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(message, Seed);
        orderHash.CopyTo(message[sizeof(ulong)..]);
        Bytes32 drawn = Keccak256.Hash(message);
        // 64 bits against a million: no number is likelier by more than 2^-44.
        ulong number = System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(drawn.Span);
        return number % ShareAll < (ulong)SharePerMillion;
    }
}

/// <summary>Sends one transaction and comes back when a block has taken it.</summary>
/// <param name="kind">A word for what it is.</param>
/// <param name="to">The contract.</param>
/// <param name="data">The call.</param>
/// <param name="value">Wei that go with it.</param>
/// <param name="cancel">Before anything is sent.</param>
public delegate Task WatchSend(
    string kind, Address to, byte[] data, UInt128 value, CancellationToken cancel);
