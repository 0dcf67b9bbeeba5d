using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.IO;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Bench;

/// <summary>The reserve step of an order, and its way back; the flush runs beside it.</summary>
internal static class LedgerWorks
{
    /// <summary>Half of the window: an ack clears the sequences that were given back, and waits
    /// for the disk.</summary>
    private const ulong AckEvery = VoucherLimits.SequenceWindow / 2;

    public static IEnumerable<Work> All() =>
    [
        new("ledger, reserve an order and give it back", () =>
        {
            Account account = new();
            return new RunningWork(account.ReserveAndRelease, account);
        }),
    ];

    private sealed class Account : IDisposable
    {
        private readonly string _directory =
            Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        private readonly byte[] _input = new byte[256];
        private readonly Bytes32 _model = Keccak256.Hash("model"u8);
        private readonly LedgerStore _ledger;
        private readonly Bytes32 _channel;
        private ulong _seq;

        public Account()
        {
            Address node = new(Keccak256.Hash("node"u8).Span[12..]);
            VoucherClass terms = new(
                default, 1, ulong.MaxValue / 2, 30 * 86_400, 0, 0, 0, default, default);
            ServicePolicy policy = new ServicePolicy
            {
                Node = node,
                Models = FrozenSet.Create(_model),
            }.WithClasses([terms]);
            _ledger = LedgerStore.Open(_directory, new LedgerOptions
            {
                Identity = new LedgerIdentity(1, default, default, node),
                Policy = policy,
                Synchronous = LedgerSynchronous.Off,
            });
            ChannelTerms channel = new(default, node, node, terms.HashStruct(), default);
            _channel = channel.HashStruct();
            _ = _ledger.PutChannel(new ChannelRow
            {
                Terms = channel,
                Status = ChannelStatus.Open,
                Locked = 1_000_000,
            });
        }

        public void ReserveAndRelease()
        {
            Order order = new(
                _channel, _seq++, _model, default, 500, 1, OrderFlags.None, default);
            Bytes32 hash = order.HashStruct();
            ReserveResult reserved = _ledger.Reserve(order, hash, default, _input);
            if (reserved.Refusal != RefusalReason.None)
            {
                throw new InvalidOperationException(Refusals.Describe(reserved.Refusal));
            }

            _ledger.ReleaseOrder(hash);
            if (_seq % AckEvery == 0)
            {
                // The disk must keep up, or the queue in front of it fills and refuses.
                _ledger.RecordAck(new Ack(_channel, 0, _seq), default).Durable.Wait();
            }
        }

        public void Dispose()
        {
            _ledger.Dispose();
            Directory.Delete(_directory, recursive: true);
        }
    }
}
