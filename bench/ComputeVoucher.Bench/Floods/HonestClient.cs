using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Security.Cryptography;
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
    public const int AckEvery = 64;

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

    private HonestClient(HonestPlan plan)
    {
        (_input, _cost, _model) = plan.Work();
        _key = plan.SpendKey();
        _channel = Bytes32.Parse(plan.Field("channel.json", "id"));
        _options = new WireClientOptions
        {
            Endpoint = plan.Node,
            ExpectedNode = Address.Parse(plan.Field("channel.json", "node")),
            ExpectedContext = plan.Separator(),
            Nonce = new Bytes32(RandomNumberGenerator.GetBytes(Bytes32.Size)),
            Time = TimeProvider.System,
        };
    }

    /// <summary>Connected, and as fast as it becomes.</summary>
    public static async Task<HonestClient> ConnectAsync(HonestPlan plan)
    {
        HonestClient client = new(plan);
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

    /// <summary>Told the first sequence that no order of its has, after each.</summary>
    public Action<ulong> Began { get; set; } = _ => { };

    /// <summary>One more order, served, with its signature.</summary>
    public async Task<byte[]> ServeAsync()
    {
        Order served = NewOrder();
        return await OrderAsync(served).ConfigureAwait(false) is { } failure
            ? throw new IOException($"an order before the flood was not served: {failure}")
            : Sign(served);
    }

    /// <summary>Orders until it is stopped.</summary>
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

        return HonestFigures.Of(served, lost, last);
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
        _seq = order.Seq + 1;
        Began(_seq);
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
/// <param name="Served">Orders that were.</param>
/// <param name="P50">Milliseconds from an order to its receipt that half of them stay within.
/// </param>
/// <param name="P99">The same of 99 in a hundred.</param>
/// <param name="Lost">Attempts that ended otherwise.</param>
/// <param name="LastLoss">How the last of them ended; empty where there is none.</param>
internal sealed record HonestFigures(int Served, double P50, double P99, int Lost, string LastLoss)
{
    public static HonestFigures Of(List<double> served, int lost, string? lastLoss)
    {
        served.Sort();
        double At(double share) => served.Count == 0
            ? double.NaN
            : served[(int)(share * (served.Count - 1))];
        return new HonestFigures(served.Count, At(0.5), At(0.99), lost, lastLoss ?? "");
    }

    /// <summary>One line.</summary>
    public string Write() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Served} {P50} {P99} {Lost} {LastLoss.ReplaceLineEndings(" ")}");

    public static HonestFigures Read(string line)
    {
        string[] parts = line.Split(' ', 5);
        CultureInfo plain = CultureInfo.InvariantCulture;
        return new HonestFigures(
            int.Parse(parts[0], plain), double.Parse(parts[1], plain),
            double.Parse(parts[2], plain), int.Parse(parts[3], plain), parts[4]);
    }
}
