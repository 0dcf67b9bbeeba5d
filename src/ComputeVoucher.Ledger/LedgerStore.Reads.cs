using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using ComputeVoucher.Ledger.Internal;
using ComputeVoucher.Primitives;
using ComputeVoucher.Storage;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Ledger;

/// <summary>What is read from the disk, after everything before it is written.</summary>
public sealed partial class LedgerStore
{
    /// <summary>Whether some channel that this ledger holds, or held since its start, names that
    /// key; no disk is read.</summary>
    public bool IsSpendKey(in Address key)
    {
        lock (_gate)
        {
            return _memory.HasKey(key);
        }
    }

    /// <summary>A stored order by its hash, without its input; null when unknown.</summary>
    public async Task<StoredOrder?> OrderAsync(Bytes32 orderHash)
    {
        await FlushAsync().ConfigureAwait(false);
        return Read(database => ReadOrder(database, orderHash.Span));
    }

    /// <summary>The input of an order that is on the disk, as <see cref="OrderAsync"/> or
    /// <see cref="UnfinishedOrdersAsync"/> told; empty once pruned. Inputs are large, so whoever
    /// runs an order reads it then, and not before.</summary>
    public byte[] Input(in Bytes32 orderHash)
    {
        byte[] key = orderHash.ToArray();
        return Read(database => database.Get(Table.Inputs, key)) ?? [];
    }

    /// <summary>
    /// Orders without a receipt, and without their inputs: after a start, the ones to run again so
    /// that they can be acked.
    /// </summary>
    public async Task<IReadOnlyList<StoredOrder>> UnfinishedOrdersAsync()
    {
        await FlushAsync().ConfigureAwait(false);
        List<Bytes32> hashes = [];
        lock (_gate)
        {
            foreach (OpenOrder open in _memory.Orders)
            {
                if (open.State == OrderState.Reserved)
                {
                    hashes.Add(open.Hash);
                }
            }
        }

        return Read(database =>
        {
            List<StoredOrder> orders = new(hashes.Count);
            foreach (Bytes32 hash in hashes)
            {
                if (ReadOrder(database, hash.Span) is StoredOrder order)
                {
                    orders.Add(order);
                }
            }

            return orders;
        });
    }

    /// <summary>
    /// Orders of a channel from a sequence on that are charged or may be, by sequence: for a
    /// client's resync.
    /// </summary>
    public async Task<IReadOnlyList<StoredOrder>> OrdersAsync(
        Bytes32 channel,
        ulong fromSeq,
        int countMax)
    {
        await FlushAsync().ConfigureAwait(false);
        return Read(database =>
        {
            List<StoredOrder> orders = [];
            byte[] first = Rows.Slot(channel, fromSeq);
            byte[] end = [.. Rows.Slot(channel, ulong.MaxValue), 0];
            foreach (byte[] key in database.OrderKeys(first, end, int.MaxValue))
            {
                if (orders.Count < countMax
                    && ReadOrder(database, key) is StoredOrder order
                    && order.State != OrderState.Released)
                {
                    orders.Add(order);
                }
            }

            return orders;
        });
    }

    /// <summary>The order of a channel's sequence, given up or not; null when unknown.</summary>
    public async Task<StoredOrder?> OrderAtAsync(Bytes32 channel, ulong seq)
    {
        await FlushAsync().ConfigureAwait(false);
        return Read(database =>
        {
            byte[] first = Rows.Slot(channel, seq);
            List<byte[]> keys = database.OrderKeys(first, [.. first, 0], countMax: 1);
            return keys.Count == 0 ? null : ReadOrder(database, keys[0]);
        });
    }

    /// <summary>Orders that conflict with stored ones.</summary>
    public async Task<IReadOnlyList<StoredConflict>> ConflictsAsync()
    {
        await FlushAsync().ConfigureAwait(false);
        return Read(database =>
        {
            List<StoredConflict> conflicts = [];
            database.BeginRead();
            database.ReadState();
            database.ReadAll(Table.Conflicts, (_, _, body) =>
            {
                (Order order, Signature signature) = Rows.Signed<Order>(body);
                conflicts.Add(new StoredConflict(order, signature));
            });
            return conflicts;
        });
    }

    /// <summary>An order that is on the disk and was served.</summary>
    private StoredOrder? Served(in Bytes32 orderHash)
    {
        byte[] key = orderHash.ToArray();
        return Read(database =>
            ReadOrder(database, key) is StoredOrder stored
            && stored.State != OrderState.Released
                ? stored
                : null);
    }

    private static StoredOrder? ReadOrder(ILedgerDisk database, ReadOnlySpan<byte> key)
    {
        if (database.Get(Table.Orders, key) is not byte[] body)
        {
            return null;
        }

        OpenOrder order = Rows.Order(key, body);
        StoredAccept? accept = null;
        if (database.Get(Table.Accepts, key) is byte[] acceptBody)
        {
            (Accept value, Signature signature) = Rows.Signed<Accept>(acceptBody);
            accept = new StoredAccept(value, signature);
        }

        byte[]? cancel = database.Get(Table.Cancels, key);
        StoredCancel? signed = null;
        if (cancel is not null)
        {
            (Cancel value, Signature signature) = Rows.Cancel(cancel);
            signed = new StoredCancel(value, signature);
        }

        return new StoredOrder
        {
            Order = order.Order,
            Hash = order.Hash,
            Signature = order.Signature,
            State = order.State,
            Accept = accept,
            Cancel = signed,
            CancelSteps = cancel is null ? null : Rows.CancelSteps(cancel),
            Receipt = ReadReceipt(database, key),
        };
    }

    private static StoredReceipt? ReadReceipt(ILedgerDisk database, ReadOnlySpan<byte> key)
    {
        if (database.Get(Table.Receipts, key) is not byte[] body)
        {
            return null;
        }

        (Receipt receipt, Signature signature) = Rows.Signed<Receipt>(body);
        return new StoredReceipt(receipt, signature);
    }

    internal T Read<T>(Func<ILedgerDisk, T> read) => Read(_reader, _readerGate, read);

    /// <summary>As above, for whole tables: over a connection of its own, so that nobody who asks
    /// for one row waits.</summary>
    internal T Scan<T>(Func<ILedgerDisk, T> read) => Read(_scanner, _scanGate, read);

    private T Read<T>(ILedgerDisk disk, object gate, Func<ILedgerDisk, T> read)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(Status == LedgerStatus.Closed, this);
            try
            {
                return read(disk);
            }
            catch (Exception fault) when (fault is StorageException or FormatException)
            {
                throw Broken(
                    $"ledger {disk.Path}: {fault.Message}; restart, or restore a backup");
            }
            catch (LedgerException fault)
            {
                throw Broken(fault.Message);
            }
            finally
            {
                disk.EndRead();
            }
        }
    }

    /// <summary>What cannot be read must not be built upon.</summary>
    private LedgerException Broken(string line)
    {
        LedgerException fault = new(line);
        lock (_gate)
        {
            Fail(fault);
        }

        return fault;
    }
}
