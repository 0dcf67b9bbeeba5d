using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;
using ComputeVoucher.Wire;

namespace ComputeVoucher.Bench;

/// <summary>The holder of a rig's channel: one order after the other on one connection.</summary>
internal sealed class HonestClient : IAsyncDisposable
{
    /// <summary>Orders between two acks: a 16th of the window of 1,024 sequences.</summary>
    private const int AckEvery = 64;

    /// <summary>Before any that counts: compiled and cached.</summary>
    private const int WarmUpOrders = 500;

    /// <summary>From the signature to an order's deadline; within the horizon of an hour.</summary>
    private static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(50);

    /// <summary>After a failure, before the same order is sent again.</summary>
    private static readonly TimeSpan s_again = TimeSpan.FromMilliseconds(100);

    private readonly WireClientOptions _options;
    private readonly PrivateKey _key;
    private readonly Bytes32 _channel;
    private readonly Bytes32 _model;
    private readonly byte[] _input;
    private readonly InputInfo _cost;
    private WireClient _wire = null!;
    private UInt128 _owed;
    private ulong _seq;

    private HonestClient(NodeRig rig)
    {
        using IModel model = ModelFile.Open(rig.Model);
        _input = File.ReadAllBytes(rig.Input)[..model.InputBytesMax];
        _cost = model.CheckInput(_input);
        _model = model.ModelRoot;
        _key = PrivateKey.Parse(File.ReadAllText(rig.PathOf("spend.key")).Trim());
        using JsonDocument channel = JsonDocument.Parse(
            File.ReadAllText(rig.PathOf("channel.json")));
        _channel = Bytes32.Parse(channel.RootElement.GetProperty("id").GetString());
        VoucherDomain domain = new(
            ulong.Parse(rig.Deployment("chainId"), CultureInfo.InvariantCulture),
            Address.Parse(rig.Deployment("vouchers")), Address.Parse(rig.Deployment("providers")));
        _options = new WireClientOptions
        {
            Endpoint = new IPEndPoint(IPAddress.Loopback, rig.NodePort),
            ExpectedNode = Address.Parse(rig.AddressOf("node")),
            ExpectedContext = domain.VouchersSeparator,
            Nonce = new Bytes32(RandomNumberGenerator.GetBytes(Bytes32.Size)),
            Time = TimeProvider.System,
        };
    }

    /// <summary>Connected, and as fast as it becomes.</summary>
    public static async Task<HonestClient> ConnectAsync(NodeRig rig)
    {
        HonestClient client = new(rig);
        client._wire = await WireClient.ConnectAsync(client._options).ConfigureAwait(false);
        int served = 0;
        string? failure = null;
        // Its channel is served once its opening is final.
        await Patience.UntilAsync(
            async () =>
            {
                failure = await client.OrderAsync(client.NewOrder()).ConfigureAwait(false);
                return failure is null && ++served == WarmUpOrders;
            },
            () => failure ?? "").ConfigureAwait(false);
        return client;
    }

    /// <summary>For a flooder at an endpoint, after one more order.</summary>
    /// <param name="endpoint">Null is the node.</param>
    public async Task<FloodTarget> TargetAsync(IPEndPoint? endpoint)
    {
        Order served = NewOrder();
        if (await OrderAsync(served).ConfigureAwait(false) is { } failure)
        {
            throw new IOException($"an order before the flood was not served: {failure}");
        }

        return new FloodTarget
        {
            Endpoint = endpoint ?? (IPEndPoint)_options.Endpoint,
            Answers = endpoint is null,
            Separator = _options.ExpectedContext,
            SpendKey = _key,
            Served = served,
            Input = _input,
            InputBytesMax = _input.Length,
            UnusedSeq = () => Volatile.Read(ref _seq) + (ulong)(2 * AckEvery),
        };
    }

    /// <summary>Orders until it is stopped.</summary>
    /// <returns>Milliseconds of each that was served, and how many attempts failed, with the last
    /// failure's words.</returns>
    public async Task<HonestFigures> RunAsync(CancellationToken stop)
    {
        List<double> served = [];
        int lost = 0;
        string? last = null;
        TimeProvider time = TimeProvider.System;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                Order order = NewOrder();
                long start = time.GetTimestamp();
                string? failure = await OrderAsync(order).ConfigureAwait(false);
                if (failure is null)
                {
                    served.Add(time.GetElapsedTime(start).TotalMilliseconds);
                    continue;
                }

                last = failure;
            }
            catch (WireException failure)
            {
                last = failure.Message;
            }

            lost++;
            await Task.Delay(s_again, CancellationToken.None).ConfigureAwait(false);
        }

        return new HonestFigures(served, lost, last);
    }

    public async ValueTask DisposeAsync()
    {
        await _wire.DisposeAsync().ConfigureAwait(false);
        _key.Dispose();
    }

    private Order NewOrder() => new(
        _channel, _seq, _model, _cost.InputRoot, _cost.UnitsMax,
        (ulong)(TimeProvider.System.GetUtcNow() + s_deadline).ToUnixTimeSeconds(),
        OrderFlags.None, default);

    /// <summary>Null, or why it was not served.</summary>
    private async Task<string?> OrderAsync(Order order)
    {
        if (!_wire.IsOpen)
        {
            await _wire.DisposeAsync().ConfigureAwait(false);
            _wire = await WireClient.ConnectAsync(_options).ConfigureAwait(false);
        }

        byte[] signed = Sign(order);
        ClientOrder sent = await _wire.SendOrderAsync(
            signed.AsMemory(0, Order.PayloadBytes), signed.AsMemory(Order.PayloadBytes),
            _input).ConfigureAwait(false);
        OrderEvent? seen;
        do
        {
            seen = await sent.ReadAsync().ConfigureAwait(false);
        }
        while (seen is { IsFinal: false });
        if (seen is not { Kind: FrameKind.Receipt })
        {
            return $"reason {seen?.Reason}: {seen?.Text}";
        }

        _ = SignedPayload.Decode(seen.Bytes.Span, out Receipt receipt, out _);
        _owed += receipt.Units;
        Volatile.Write(ref _seq, order.Seq + 1);
        if (_seq % AckEvery == 0)
        {
            await _wire.RequestAsync(FrameKind.Ack, Sign(new Ack(_channel, _owed, _seq)))
                .ConfigureAwait(false);
        }

        return null;
    }

    private byte[] Sign<T>(in T value)
        where T : struct, ISignedStruct<T> => SignedPayload.Encode(
            value, _key.Sign(value.Digest(_options.ExpectedContext)));
}

/// <summary>What an honest client saw.</summary>
/// <param name="Served">Milliseconds from each order to its receipt.</param>
/// <param name="Lost">Attempts that ended otherwise.</param>
/// <param name="LastLoss">How the last of them ended; null where there is none.</param>
internal sealed record HonestFigures(List<double> Served, int Lost, string? LastLoss)
{
    /// <summary>The latency that so large a share of the orders stays within, ms.</summary>
    public double At(double share)
    {
        Served.Sort();
        return Served.Count == 0 ? double.NaN : Served[(int)(share * (Served.Count - 1))];
    }
}
