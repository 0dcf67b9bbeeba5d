using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Client;

/// <summary>
/// The journal as it was before SQLite, one append-only file per channel: read, never written.
/// Frozen: only <see cref="JournalMigration"/> asks.
/// </summary>
/// <remarks>
/// Record: body length u32, kind u8, body, first 4 bytes of keccak(kind ‖ body); little endian. A
/// last record that was not written to its end is dropped; damage before others is refused.
/// </remarks>
internal sealed class JournalV1
{
    private const int HeadBytes = 5;
    private const int SumBytes = 4;

    /// <summary>An order of 225 bytes with the largest input that a frame carries.</summary>
    private const int BodyBytesMax = (1 << 20) + 1024;

    private const int RecordBytesMax = HeadBytes + BodyBytesMax + SumBytes;

    /// <summary>A receipt with its sequence; no body but an order's is longer.</summary>
    private static readonly int s_smallBodyBytesMax = 8 + SignedPayload.Bytes<Receipt>();

    private readonly string _path;
    private readonly Bytes32 _channel;
    private readonly SortedDictionary<ulong, PendingOrder> _pending = [];
    private readonly SortedDictionary<ulong, SettledV1> _settled = [];
    private bool _hasChannel;
    private ulong _ackedSeq;

    private JournalV1(string path, in Bytes32 channel) => (_path, _channel) = (path, channel);

    private enum Kind : byte
    {
        Channel = 1,
        Order = 2,
        Receipt = 3,
        Refused = 4,
        Ack = 5,
    }

    /// <summary>First sequence that was never used.</summary>
    public ulong NextSeq { get; private set; }

    /// <summary>The newest ack as it travels, or null.</summary>
    public byte[]? AckSigned { get; private set; }

    /// <summary>Orders without an answer, by sequence.</summary>
    public IReadOnlyDictionary<ulong, PendingOrder> Pending => _pending;

    /// <summary>What the newest ack does not cover, by sequence.</summary>
    public IReadOnlyDictionary<ulong, SettledV1> Settled => _settled;

    /// <summary>All whole records, but for a last one that was cut short.</summary>
    /// <param name="path">For the messages.</param>
    /// <param name="file">At its start.</param>
    /// <param name="channel">Whose journal is wanted.</param>
    /// <exception cref="ClientException">Not a journal, of another channel, or damaged.
    /// </exception>
    public static JournalV1 Read(string path, Stream file, in Bytes32 channel)
    {
        JournalV1 journal = new(path, channel);
        try
        {
            journal.Load(file);
        }
        catch (Exception failure) when (failure is FormatException or ArgumentException)
        {
            throw new ClientException($"{path}: an old client state file, damaged: "
                + $"{failure.Message} (move it away; a new file is filled in from the node)",
                failure);
        }

        return journal;
    }

    private void Load(Stream file)
    {
        long whole = 0;
        while (TryRead(file, out Kind kind, out ReadOnlyMemory<byte> body))
        {
            Apply(kind, body);
            whole = file.Position;
        }

        if (!_hasChannel)
        {
            throw new ClientException($"{_path}: not a client state file (choose another; if it "
                + "was one, move it away: a new file is filled in from the node)");
        }

        file.Position = whole;
        byte[] tail = new byte[RecordBytesMax + 1];
        int count = file.ReadAtLeast(tail, tail.Length, throwOnEndOfStream: false);
        if (!IsTorn(tail.AsSpan(0, count)))
        {
            throw new FormatException(
                $"the record at byte {whole} is not what was written, and others stand behind it");
        }
    }

    private static bool TryRead(Stream file, out Kind kind, out ReadOnlyMemory<byte> body)
    {
        byte[] head = new byte[HeadBytes];
        (kind, body) = (default, default);
        if (file.ReadAtLeast(head, HeadBytes, throwOnEndOfStream: false) < HeadBytes)
        {
            return false;
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(head);
        if (length is < 0 or > BodyBytesMax)
        {
            return false;
        }

        byte[] rest = new byte[1 + length + SumBytes];
        rest[0] = head[4];
        (kind, body) = ((Kind)head[4], rest.AsMemory(1, length));
        return file.ReadAtLeast(rest.AsSpan(1), length + SumBytes, throwOnEndOfStream: false)
            == length + SumBytes && HasSum(rest);
    }

    /// <summary>Whether what stands behind the last whole record is one record that was written in
    /// part, and nothing that was written after it: else newer records than that one would be lost.
    /// A power cut may leave zeros.</summary>
    private bool IsTorn(ReadOnlySpan<byte> tail)
    {
        if (tail.Length < HeadBytes)
        {
            return true;
        }

        long length = BinaryPrimitives.ReadUInt32LittleEndian(tail);
        long end = HeadBytes + length + SumBytes;
        if (tail.Length > RecordBytesMax || length > BodyBytesMax
            || (end < tail.Length && tail[(int)end..].ContainsAnyExcept((byte)0)))
        {
            return false;
        }

        // Its length may be what is damaged, and reach over others.
        for (int at = 1; at < tail.Length; at++)
        {
            if (IsWhole(tail[at..]))
            {
                return false;
            }
        }

        return true;
    }

    private bool IsWhole(ReadOnlySpan<byte> at)
    {
        if (at.Length < HeadBytes + SumBytes)
        {
            return false;
        }

        // What a body begins with, or how long it is at most, before it is hashed: this is asked
        // for each byte of a tail.
        long length = BinaryPrimitives.ReadUInt32LittleEndian(at);
        return length <= at.Length - HeadBytes - SumBytes
            && (Kind)at[4] switch
            {
                Kind.Order => at[HeadBytes..].StartsWith(_channel.Span),
                Kind.Channel or Kind.Receipt or Kind.Refused or Kind.Ack =>
                    length <= s_smallBodyBytesMax,
                _ => false,
            }
            && HasSum(at.Slice(4, 1 + (int)length + SumBytes));
    }

    /// <summary>Kind, body and their checksum.</summary>
    private static bool HasSum(ReadOnlySpan<byte> record) =>
        Keccak256.Hash(record[..^SumBytes]).Span[..SumBytes].SequenceEqual(record[^SumBytes..]);

    private void Apply(Kind kind, ReadOnlyMemory<byte> body)
    {
        switch (kind)
        {
            case Kind.Channel:
                if (!body.Span.SequenceEqual(_channel.Span))
                {
                    throw new ClientException($"{_path}: the state of another channel, "
                        + $"{Hex.Encode(body.Span)}, in the format that held one (use it once with "
                        + "that channel, then it takes others; or choose another file)");
                }

                _hasChannel = true;
                break;
            case Kind.Order:
                PendingOrder order = PendingOrder.Decode(body);
                _pending[order.Order.Seq] = order;
                NextSeq = Math.Max(NextSeq, order.Order.Seq + 1);
                break;
            case Kind.Receipt:
                bool isSigned = SignedPayload.Decode(body.Span[8..], out Receipt receipt, out _)
                    == RefusalReason.None;
                ulong served = BinaryPrimitives.ReadUInt64LittleEndian(body.Span);
                NextSeq = Math.Max(NextSeq, served + 1);
                // A compacted file kept the units of a receipt and not its signature.
                Settle(served, new SettledV1(
                    receipt.Units, isSigned ? body[8..].ToArray() : null));
                break;
            case Kind.Refused:
                Settle(BinaryPrimitives.ReadUInt64LittleEndian(body.Span), new SettledV1(0, null));
                break;
            case Kind.Ack:
                _ = SignedPayload.Decode(body.Span, out Ack ack, out _);
                Take(ack.NextSeq, body.ToArray());
                break;
            default:
                throw new ClientException($"{_path}: record of unknown kind {(byte)kind} "
                    + "(not of this program; choose another file)");
        }
    }

    private void Settle(ulong seq, SettledV1 settled)
    {
        _pending.Remove(seq);
        if (seq >= _ackedSeq)
        {
            _settled[seq] = settled;
        }
    }

    private void Take(ulong next, byte[] signed)
    {
        (_ackedSeq, AckSigned) = (next, signed);
        NextSeq = Math.Max(NextSeq, next);
        foreach (ulong seq in new List<ulong>(_pending.Keys))
        {
            _ = seq < next && _pending.Remove(seq);
        }

        foreach (ulong seq in new List<ulong>(_settled.Keys))
        {
            _ = seq < next && _settled.Remove(seq);
        }
    }
}

/// <summary>What a sequence came to.</summary>
/// <param name="Units">Owed for it; 0 when it was refused.</param>
/// <param name="Receipt">Signed, or null.</param>
internal sealed record SettledV1(UInt128 Units, byte[]? Receipt);
