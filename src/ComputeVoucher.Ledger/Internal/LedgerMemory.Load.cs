using System;
using System.Buffers.Binary;
using System.Text;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Ledger.Internal;

/// <summary>Recovery: the state of one commit, every row of it verified.</summary>
internal sealed partial class LedgerMemory
{
    /// <exception cref="LedgerException">A row, a sum or a relation between rows is
    /// wrong.</exception>
    /// <param name="database">One commit.</param>
    /// <param name="policy">Knows the courts.</param>
    public static LedgerMemory Load(ILedgerRows database, ServicePolicy policy)
    {
        LedgerMemory memory = new();
        database.BeginRead();
        try
        {
            database.ReadState();
            memory.LoadChannels(database);
            memory.LoadOrders(database, policy);
            database.ReadAll(Table.Inputs, null);
            database.ReadAll(Table.Outbox, (key, _, body) =>
            {
                OutboxEntry entry = OutboxRows.Decode(key, body);
                memory._outbox.Add(entry.Id, entry);
                memory._nextOutboxId = Math.Max(memory._nextOutboxId, entry.Id + 1);
            });
            database.ReadAll(Table.Settings, (key, _, body) =>
                memory._settings.Add(Encoding.ASCII.GetString(key), body.ToArray()));
            memory.LoadLosses();
            memory.LoadPins();
        }
        catch (FormatException fault)
        {
            throw database.Damaged(fault.Message);
        }
        finally
        {
            database.EndRead();
        }

        memory.CheckInvariants();
        return memory;
    }

    private void LoadChannels(ILedgerRows database)
    {
        database.ReadAll(Table.Channels, (key, _, body) =>
        {
            (ChannelRow row, PrunedSums pruned) = Rows.Channel(body);
            ChannelAccount account = AddChannel(new Bytes32(key), row);
            account.Pruned = pruned;
            account.Accepted = pruned.Accepted;
            account.Settled = pruned.Settled;
            account.Released = pruned.Released;
        });
        database.ReadAll(Table.Acks, (key, _, body) =>
        {
            ChannelAccount account = Known(key);
            (account.Ack, account.AckSignature) = Rows.Signed<Ack>(body);
            account.Key.Acked += account.Acked;
        });
        database.ReadAll(Table.Releases, (key, _, body) =>
            Known(key).Release = Rows.Signed<Release>(body).Value);
    }

    private void LoadOrders(ILedgerRows database, ServicePolicy policy)
    {
        database.ReadAll(Table.Orders, (key, _, body) =>
        {
            OpenOrder order = Rows.Order(key, body);
            order.InputBytes = database.BodyBytes(Table.Inputs, key);
            AddStored(order, policy);
        });
        database.ReadAll(Table.Conflicts, (key, _, _) =>
        {
            ulong seq = BinaryPrimitives.ReadUInt64BigEndian(
                key[Bytes32.Size..]);
            if (Known(key[..Bytes32.Size]).Orders.TryGetValue(seq, out OpenOrder? open))
            {
                open.ConflictKept = true;
            }
        });
        database.ReadAll(Table.Accepts, (key, _, body) =>
        {
            if (Order(new Bytes32(key)) is OpenOrder open)
            {
                (Accept accept, Signature signature) = Rows.Signed<Accept>(body);
                open.Accept = new StoredAccept(accept, signature);
            }
        });
        database.ReadAll(Table.Cancels, (key, _, body) =>
        {
            if (Order(new Bytes32(key)) is OpenOrder open)
            {
                open.CancelSteps = Rows.CancelSteps(body);
            }
        });
        database.ReadAll(Table.Receipts, (key, _, body) =>
        {
            if (Order(new Bytes32(key)) is OpenOrder open)
            {
                (Receipt receipt, Signature signature) = Rows.Signed<Receipt>(body);
                open.Receipt = new StoredReceipt(receipt, signature);
            }
        });
    }

    private void AddStored(OpenOrder open, ServicePolicy policy)
    {
        ChannelAccount account = Known(open.Order.Channel.Span);
        AddInput(account, open.InputBytes);
        // How old it is, only a clock knows: the first look corrects it.
        Raise(account, open.Charge, policy);
        UInt128 accepted = open.Order.MaxUnits;
        account.Accepted += accepted;
        switch (open.State)
        {
            case OrderState.Reserved:
                account.Reserved += accepted;
                break;
            case OrderState.Settled:
                account.Settled += open.Units;
                account.Released += accepted - open.Units;
                break;
            default:
                account.Released += accepted;
                break;
        }

        // The ack rule lets no ack pass a reserved order.
        if (open.Order.Seq < account.NextSeq)
        {
            return;
        }

        account.Orders.Add(open.Order.Seq, open);
        _orders.Add(open.Hash, open);
        AddUnacked(account, open.Charge, 0);
    }

    private ChannelAccount Known(ReadOnlySpan<byte> id) =>
        _channels.TryGetValue(new Bytes32(id), out ChannelAccount? account)
            ? account
            : throw new FormatException($"a row names the unknown channel {new Bytes32(id)}");
}
