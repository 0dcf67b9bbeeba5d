using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Threading;
using ComputeVoucher.Execution;
using ComputeVoucher.Ledger;
using ComputeVoucher.Node;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;
using ComputeVoucher.Wire;
using Microsoft.Extensions.Logging.Abstractions;

namespace ComputeVoucher.Bench;

/// <summary>What it costs a node to refuse a query that somebody recorded: on another connection
/// it falls at its nonce, with the nonce written over at its signature.</summary>
internal static class QueryWorks
{
    private static readonly Bytes32 s_recorded =
        Keccak256.Hash("the connection that it was signed for"u8);
    private static readonly Bytes32 s_other = Keccak256.Hash("the connection it is sent on"u8);

    public static IEnumerable<Work> All()
    {
        foreach (FrameKind kind in (FrameKind[])
            [FrameKind.StateRequest, FrameKind.TraceRequest, FrameKind.ReleaseRequest])
        {
            yield return new($"query, {kind} replayed", () => Replay(
                kind, isNonceForged: false, RefusalReason.QueryNonceWrong));
            yield return new($"query, {kind} replayed with the nonce changed", () => Replay(
                kind, isNonceForged: true, RefusalReason.SignerWrong));
        }
    }

    private static RunningWork Replay(FrameKind kind, bool isNonceForged, RefusalReason expected)
    {
        Door door = new();
        byte[] payload = door.Query(kind, s_recorded);
        if (isNonceForged)
        {
            s_other.CopyTo(payload.AsSpan(payload.Length - Signature.Size - Bytes32.Size));
        }

        return new RunningWork(
            () =>
            {
                Exchange exchange = new(kind, payload);
                door.Requests.AnswerAsync(exchange).GetAwaiter().GetResult();
                if (exchange.Refusal != expected)
                {
                    throw new InvalidOperationException($"refused with {exchange.Refusal}");
                }
            },
            door);
    }

    /// <summary>A node's requests, on a ledger that holds one channel.</summary>
    private sealed class Door : IDisposable
    {
        private readonly string _directory =
            Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        private readonly PrivateKey _node = PrivateKey.FromBytes(Keccak256.Hash("node"u8).Span);
        private readonly PrivateKey _spend = PrivateKey.FromBytes(Keccak256.Hash("spend"u8).Span);
        private readonly VoucherDomain _domain = new(1, default, default);
        private readonly LedgerStore _ledger;
        private readonly Bytes32 _channel;

        public Door()
        {
            ServicePolicy policy = new ServicePolicy
            {
                Node = _node.Address,
                Models = FrozenSet<Bytes32>.Empty,
            }.WithClasses([]);
            _ledger = LedgerStore.Open(_directory, new LedgerOptions
            {
                Identity = new LedgerIdentity(1, default, default, _node.Address),
                Policy = policy,
            });
            ChannelTerms terms = new(default, _node.Address, _spend.Address, default, default);
            _channel = terms.HashStruct();
            _ledger.PutChannel(new ChannelRow
            {
                Terms = terms,
                Status = ChannelStatus.Open,
                Locked = 1,
            }).Wait();
            Requests = new Requests(new Serving
            {
                Ledger = _ledger,
                Policy = policy,
                Domain = _domain,
                NodeKey = _node,
                Models = FrozenDictionary<Bytes32, IModel>.Empty,
                Graphs = new FairQueue(1),
                Streams = new FairQueue(1),
                Metrics = new Metrics(),
                Log = NullLogger.Instance,
                Time = TimeProvider.System,
                NotAccepting = () => RefusalReason.None,
            });
        }

        public Requests Requests { get; }

        public byte[] Query(FrameKind kind, in Bytes32 nonce) => kind switch
        {
            FrameKind.StateRequest => Signed(new StateQuery(_channel, nonce)),
            FrameKind.TraceRequest => Signed(new TraceQuery(_channel, nonce)),
            _ => Signed(new ReleaseQuery(_channel, 0, 0, nonce)),
        };

        public void Dispose()
        {
            _ledger.Dispose();
            _node.Dispose();
            _spend.Dispose();
            Directory.Delete(_directory, recursive: true);
        }

        private byte[] Signed<T>(T query)
            where T : struct, ISignedStruct<T> => SignedPayload.Encode(
                query, _spend.Sign(query.Digest(_domain.VouchersSeparator)));
    }

    private sealed class Exchange(FrameKind kind, byte[] payload) : IWireRequest, IWireConnection
    {
        public RefusalReason Refusal { get; private set; }

        public bool Prove(in Address payer) => true;

        public IWireConnection Connection => this;

        public FrameKind Kind => kind;

        public uint Correlation => 1;

        public ReadOnlyMemory<byte> Payload => payload;

        public Bytes32 Nonce => s_other;

        public long Id => 1;

        public IPEndPoint RemoteEndPoint { get; } = new(IPAddress.Loopback, 1);

        public bool IsOpen => true;

        public CancellationToken Closed => CancellationToken.None;

        public object? Tag { get; set; }

        public bool Reply(ReadOnlySpan<byte> answer) => true;

        public bool Fail(ushort reason, string text, bool retryable)
        {
            Refusal = (RefusalReason)reason;
            return true;
        }

        public void Close(ushort reason, string text, bool abusive = false)
        {
        }

        public void Dispose()
        {
        }
    }
}
