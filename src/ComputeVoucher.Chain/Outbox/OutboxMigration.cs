using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Text;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>Reads outbox rows of ledger schema 1, once: what they say in an encoding of their own,
/// in call data and in signed bytes becomes fields.</summary>
/// <remarks>The request, little endian: version u8 (1), outcome u8, flags u8 (1 has a to, 2 urgent,
/// 4 has a topic, 8 has a contract), kind (u8 length, ASCII), key (u8 length, ASCII), to 20, value
/// u128, gas u64, cost cap u128, urgent cost cap u128, topic 32, contract 20, data (u32 length,
/// bytes).</remarks>
public static class OutboxMigration
{
    private const byte Version = 1;
    private const byte FlagsMax = 15;

    /// <exception cref="FormatException">A row that schema 1 did not write; names it.</exception>
    public static OutboxEntry Read(OutboxEntryV1 old)
    {
        ArgumentNullException.ThrowIfNull(old);
        try
        {
            (OutboxRequest request, OutboxOutcome outcome) = ReadIntent(old.Intent.Span);
            Require(request.Kind == old.Kind, "of two kinds");
            Require(
                old.Nonce.HasValue == old.Attempts.Count > 0, "a nonce without a signature");
            return new OutboxEntry
            {
                Id = old.Id,
                Request = request with { Purpose = PurposeOf(request) },
                From = old.From,
                State = old.State,
                Outcome = outcome,
                Attempts = ReadAttempts(old, request),
                MinedBlock = old.MinedBlock,
                MinedBlockHash = old.MinedBlockHash,
                MinedTxHash = old.MinedTxHash,
                CreatedAt = old.CreatedAt,
            };
        }
        catch (FormatException e)
        {
            throw new FormatException($"outbox row {old.Id}: {e.Message}", e);
        }
    }

    private static (OutboxRequest Request, OutboxOutcome Outcome) ReadIntent(
        ReadOnlySpan<byte> intent)
    {
        ReadOnlySpan<byte> rest = intent;
        ReadOnlySpan<byte> head = Take(ref rest, 3);
        byte flags = head[2];
        OutboxOutcome outcome = (OutboxOutcome)head[1];
        Require(
            head[0] == Version && flags <= FlagsMax && outcome <= OutboxOutcome.Refused,
            $"not of version {Version}");
        string kind = TakeText(ref rest);
        string key = TakeText(ref rest);
        Address to = new(Take(ref rest, Address.Size));
        UInt128 value = TakeUInt128(ref rest);
        ulong gas = BinaryPrimitives.ReadUInt64LittleEndian(Take(ref rest, sizeof(ulong)));
        UInt128 cap = TakeUInt128(ref rest);
        UInt128 urgentCap = TakeUInt128(ref rest);
        Bytes32 topic = new(Take(ref rest, Bytes32.Size));
        Address contract = new(Take(ref rest, Address.Size));
        int dataBytes = BinaryPrimitives.ReadInt32LittleEndian(Take(ref rest, sizeof(int)));
        Require(dataBytes == rest.Length, "of another length than it says");
        OutboxRequest request = new()
        {
            Kind = kind,
            Key = key,
            To = (flags & 1) != 0 ? to : null,
            Value = value,
            GasLimit = gas,
            CostMaxWei = cap == UInt128.Zero ? null : cap,
            UrgentCostMaxWei = urgentCap == UInt128.Zero ? null : urgentCap,
            IsUrgent = (flags & 2) != 0,
            ExpectedTopic = (flags & 4) != 0 ? topic : null,
            ExpectedContract = (flags & 8) != 0 ? contract : null,
            Data = rest.ToArray(),
        };
        return (request, outcome);
    }

    private static RedemptionPurpose? PurposeOf(OutboxRequest request)
    {
        if (request.Kind != Redeemer.Kind)
        {
            return null;
        }

        Require(
            VouchersContract.TryReadRedeemBatch(
                request.Data, out Bytes32 classId, out Address node, out RedeemRow[] rows),
            "a redemption whose call data are none");
        return RedeemRow.PurposeOf(rows, node, classId);
    }

    private static List<OutboxAttempt> ReadAttempts(OutboxEntryV1 old, OutboxRequest request)
    {
        List<OutboxAttempt> attempts = [];
        foreach ((Bytes32 hash, ReadOnlyMemory<byte> raw) in old.Attempts)
        {
            Transaction read = SignedBytes.Read(raw.Span, out Address sender);
            bool isIts = Keccak256.Hash(raw.Span) == hash && sender == old.From
                && read.Nonce == old.Nonce && read.To == request.To
                && read.Value == request.Value && read.Data.AsSpan().SequenceEqual(request.Data);
            Require(isIts, $"transaction {hash} is not the row's");
            attempts.Add(new OutboxAttempt(
                read.Nonce,
                Fee(read.MaxFeePerGas),
                Fee(read.MaxPriorityFeePerGas),
                read.GasLimit,
                hash,
                raw));
        }

        return attempts;
    }

    private static UInt128 Fee(UInt256 wei)
    {
        Require(wei <= UInt128.MaxValue, "a fee of more than 128 bits");
        return wei.ToUInt128();
    }

    private static string TakeText(ref ReadOnlySpan<byte> rest) =>
        Encoding.ASCII.GetString(Take(ref rest, Take(ref rest, 1)[0]));

    private static UInt128 TakeUInt128(ref ReadOnlySpan<byte> rest) =>
        BinaryPrimitives.ReadUInt128LittleEndian(Take(ref rest, 16));

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest, int count)
    {
        Require(count <= rest.Length, "cut short");
        ReadOnlySpan<byte> taken = rest[..count];
        rest = rest[count..];
        return taken;
    }

    private static void Require(bool holds, string flaw)
    {
        if (!holds)
        {
            throw new FormatException(flaw);
        }
    }
}
