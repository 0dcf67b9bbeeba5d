using System;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;
using ComputeVoucher.Wire;

namespace ComputeVoucher.Client;

/// <summary>A connection to one node for one channel, made again when it breaks.</summary>
public sealed class NodeConnection : IAsyncDisposable
{
    /// <summary>For one answer to a question, where its asker sets no other bound: as long as an
    /// order has by default, since a trace root is a run of the model.</summary>
    private static readonly TimeSpan s_answerMax = TimeSpan.FromMinutes(10);

    /// <summary>A connection attempt has this time at least, ms: a round trip on a slow link.
    /// </summary>
    private const int ConnectMsMin = 500;

    /// <summary>And this at most, ms: two retransmissions of a lost SYN.</summary>
    private const int ConnectMsMax = 10_000;

    /// <summary>The longest silence, ms: NAT timeouts are not much longer.</summary>
    private const int SilenceMsMax = 90_000;

    private readonly SemaphoreSlim _gate = new(1);
    private readonly NodeConnectionOptions _options;
    private WireClient? _client;
    private string? _gaveUp;

    // Of the node, or the first attempt; whoever goes on with a lost connection goes on from here.
    private long? _heard;

    public NodeConnection(NodeConnectionOptions options)
    {
        _options = options;
        Waits = new WaitLog(options.Time, options.OnWait);
        ChannelId = options.Channel.HashStruct();
        if (!options.IsWatcher && options.SpendKey.Address != options.Channel.SpendKey)
        {
            throw new ClientException($"the spend key is {options.SpendKey.Address}, the channel "
                + $"names {options.Channel.SpendKey} (give the key that the channel was opened "
                + "with)");
        }
    }

    public TimeProvider Time => _options.Time;

    /// <summary>How long a node that is not heard is waited for.</summary>
    public TimeSpan Patience => _options.Patience;

    public Bytes32 ChannelId { get; }

    /// <summary>Connections made so far; more than one means the node went away.</summary>
    public int Connections { get; private set; }

    /// <summary>Who is told of waits.</summary>
    internal WaitLog Waits { get; }

    /// <summary>The open connection, or a new one; waits for a node that restarts.</summary>
    /// <exception cref="ClientException">The node was not heard for the whole patience: then, and
    /// from then on, for everybody who asks, so that a dead node costs it once.</exception>
    public async Task<WireClient> GetAsync(CancellationToken cancel)
    {
        if (_client is { IsOpen: true, NodeIsDraining: false } open)
        {
            return open;
        }

        await _gate.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            if (_client is { IsOpen: true, NodeIsDraining: false } meanwhile)
            {
                return meanwhile;
            }

            _heard ??= Time.GetTimestamp();
            if (_client is { } gone)
            {
                _heard = gone.IsOpen ? Time.GetTimestamp() : gone.LastHeard;
                _client = null;
                await gone.DisposeAsync().ConfigureAwait(false);
            }

            _client = await ConnectAsync(_heard.Value, cancel).ConfigureAwait(false);
            Connections++;
            return _client;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Sends an ack; returns what the node has stored, on its disk.</summary>
    public async Task<UInt128> AckAsync(ReadOnlyMemory<byte> signedAck, CancellationToken cancel)
    {
        WireClient client = await GetAsync(cancel).ConfigureAwait(false);
        ReadOnlyMemory<byte> answer = await RequestAsync(
            client, FrameKind.Ack, signedAck, cancel).ConfigureAwait(false);
        return AckStored.TryDecode(answer.Span, out AckStored stored)
            && stored.Channel == ChannelId
            ? stored.CumUnits
            : throw new ClientException("the node's AckStored is of another channel");
    }

    /// <summary>What the node remembers of the channel; its ack, if any, is ours.</summary>
    public async Task<StateMessage> StateAsync(CancellationToken cancel)
    {
        StateMessage state = StateMessage.Decode(await QueryAsync(FrameKind.StateRequest,
            nonce => new StateQuery(ChannelId, nonce), cancel).ConfigureAwait(false));
        if (state.AckSigned is { } signed)
        {
            _ = SignedPayload.Decode(signed, out Ack ack, out Signature signature);
            RefusalReason refusal = SignedPayload.CheckSigner(ack.HashStruct(), signature,
                _options.Domain.VouchersSeparator, _options.Channel.SpendKey);
            if (refusal != RefusalReason.None || ack.Channel != ChannelId)
            {
                throw new ClientException("the node's state holds an ack that we did not sign");
            }
        }

        return state;
    }

    /// <summary>The node's promise to claim nothing above its newest ack.</summary>
    /// <param name="newest">That ack, as far as we know; the node refuses another.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async Task<(Release Value, Signature Signature)> ReleaseAsync(
        Ack newest, CancellationToken cancel)
    {
        ReadOnlyMemory<byte> answer = await QueryAsync(FrameKind.ReleaseRequest,
            nonce => new ReleaseQuery(ChannelId, newest.CumUnits, newest.NextSeq, nonce), cancel)
            .ConfigureAwait(false);
        return CheckNode<Release>(answer) is var (release, signature)
            && release.Channel == ChannelId
            ? (release, signature)
            : throw new ClientException("the node's Release is of another channel");
    }

    /// <summary>The trace root of a served order, which the node runs again.</summary>
    public async Task<(TraceRootStatement Value, Signature Signature)> TraceRootAsync(
        Bytes32 orderHash, CancellationToken cancel)
    {
        ReadOnlyMemory<byte> answer = await QueryAsync(FrameKind.TraceRequest,
            nonce => new TraceQuery(orderHash, nonce), cancel).ConfigureAwait(false);
        return CheckNode<TraceRootStatement>(answer) is var (statement, signature)
            && statement.OrderHash == orderHash
            ? (statement, signature)
            : throw new ClientException("the node's TraceRoot is of another order");
    }

    /// <summary>What a tree of a served order holds at a place, which the node runs again.
    /// </summary>
    /// <exception cref="ClientException">The node refused, was not heard, or signed nothing of
    /// this order.</exception>
    public async Task<NodeOpening> OpeningAsync(
        Bytes32 orderHash, OpeningPlace place, CancellationToken cancel)
    {
        byte[] asked = place.Encode();
        Bytes32 request = Keccak256.Hash(asked);
        ReadOnlyMemory<byte> answer;
        try
        {
            answer = await QueryAsync(FrameKind.OpeningRequest,
                nonce => new OpeningQuery(orderHash, request, nonce), cancel, asked)
                .ConfigureAwait(false);
        }
        catch (WireException refused)
        {
            throw new ClientException($"the node opens nothing: {refused.Message}", refused);
        }

        int head = SignedPayload.Bytes<TraceRootStatement>();
        return answer.Length > head
            && CheckNode<TraceRootStatement>(answer[..head]) is var (statement, signature)
            && statement.OrderHash == orderHash
            ? new NodeOpening(statement, signature, answer[head..])
            : throw new ClientException("the node's opening is of another order, or empty");
    }

    public async ValueTask DisposeAsync()
    {
        if (_client is not null)
        {
            await _client.DisposeAsync().ConfigureAwait(false);
        }

        Waits.Dispose();
        _gate.Dispose();
    }

    /// <summary>Signs a question for the connection that it goes over.</summary>
    /// <param name="kind">Of the request.</param>
    /// <param name="ask">The question, with the connection's nonce in it.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <param name="behind">What the question says only by its hash.</param>
    private async Task<ReadOnlyMemory<byte>> QueryAsync<T>(FrameKind kind, Func<Bytes32, T> ask,
        CancellationToken cancel, byte[]? behind = null)
        where T : struct, ISignedQuery<T>
    {
        WireClient client = await GetAsync(cancel).ConfigureAwait(false);
        T query = ask(client.Welcome.Nonce);
        Signature signature = _options.SpendKey.Sign(
            query.Digest(_options.Domain.VouchersSeparator));
        byte[] signed = SignedPayload.Encode(query, signature);
        return await RequestAsync(
            client, kind, behind is null ? signed : [.. signed, .. behind], cancel)
            .ConfigureAwait(false);
    }

    private async Task<ReadOnlyMemory<byte>> RequestAsync(
        WireClient client, FrameKind kind, ReadOnlyMemory<byte> payload, CancellationToken cancel)
    {
        using TimeLimit limit = new(Time, s_answerMax, cancel);
        try
        {
            return await client.RequestAsync(kind, payload, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new ClientException($"the node did not answer a {kind} within "
                + $"{s_answerMax.TotalSeconds} s (try again, or ask the provider)");
        }
    }

    private (T Value, Signature Signature) CheckNode<T>(ReadOnlyMemory<byte> bytes)
        where T : struct, ISignedStruct<T>
    {
        RefusalReason refusal = SignedPayload.Decode(
            bytes.Span, out T value, out Signature signature);
        if (refusal == RefusalReason.None)
        {
            refusal = SignedPayload.CheckSigner(
                value.HashStruct(), signature, _options.Domain.VouchersSeparator,
                _options.Channel.Node);
        }

        return refusal == RefusalReason.None
            ? (value, signature)
            : throw new ClientException($"the node's answer: {Refusals.Describe(refusal)}");
    }

    /// <summary>Tries until the node has not been heard for the whole patience, once at least.
    /// </summary>
    private async Task<WireClient> ConnectAsync(long heard, CancellationToken cancel)
    {
        if (_gaveUp is not null)
        {
            throw new ClientException(_gaveUp);
        }

        BackOff pause = default;
        while (true)
        {
            TimeSpan left = Patience - Time.GetElapsedTime(heard);
            try
            {
                return await WireClient.ConnectAsync(OptionsFor(left), cancel)
                    .ConfigureAwait(false);
            }
            catch (WireException failure)
            {
                left = Patience - Time.GetElapsedTime(heard);
                if (left <= TimeSpan.Zero)
                {
                    _gaveUp = $"{failure.Message} (given up: the node was not heard for "
                        + $"{Patience.TotalSeconds:0} s)";
                    throw new ClientException(_gaveUp, failure);
                }

                Waits.Say(failure.Message, left);
            }

            await Task.Delay(pause.Next(left), Time, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>A silent node costs half of the patience; the other half is for a new connection.
    /// </summary>
    private WireClientOptions OptionsFor(TimeSpan left)
    {
        byte[] nonce = new byte[Bytes32.Size];
        _options.FillRandom(nonce);
        return new WireClientOptions
        {
            Endpoint = _options.EndPoint,
            ExpectedNode = _options.Channel.Node,
            ExpectedContext = _options.Domain.VouchersSeparator,
            Nonce = new Bytes32(nonce),
            Time = Time,
            ConnectMsMax = (int)Math.Clamp(left.TotalMilliseconds, ConnectMsMin, ConnectMsMax),
            SilenceMsMax = (int)Math.Clamp(
                Patience.TotalMilliseconds / 2, ConnectMsMin, SilenceMsMax),
        };
    }
}

/// <summary>One channel's way to its node.</summary>
public sealed record NodeConnectionOptions
{
    public required EndPoint EndPoint { get; init; }

    public required ChannelTerms Channel { get; init; }

    public required VoucherDomain Domain { get; init; }

    /// <summary>Signs requests; its owner disposes of it.</summary>
    public required PrivateKey SpendKey { get; init; }

    /// <summary>The key is no spend key but of a watcher whom the holder appointed: it asks for
    /// openings, and nothing else is answered to it.</summary>
    public bool IsWatcher { get; init; }

    /// <summary>How long a node that cannot be reached is tried, from when it was heard last.
    /// </summary>
    public required TimeSpan Patience { get; init; }

    /// <summary>Told what is waited for, on any thread; words of the node may be in it.</summary>
    public Action<WaitNotice>? OnWait { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>Source of the bytes that make a connection unlike every other.</summary>
    public required Action<Span<byte>> FillRandom { get; init; }
}

/// <summary>The answer to an opening request.</summary>
/// <param name="Root">Of the trace, by the node's word.</param>
/// <param name="Signature">The node's, over that.</param>
/// <param name="Data">Nodes or leaves, as a court would be answered; nobody has checked them.
/// </param>
public readonly record struct NodeOpening(
    TraceRootStatement Root, Signature Signature, ReadOnlyMemory<byte> Data);
