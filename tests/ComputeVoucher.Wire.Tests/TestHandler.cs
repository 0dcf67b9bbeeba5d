using System;
using System.Collections.Concurrent;
using System.Text;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Wire.Tests;

/// <summary>
/// A handler that keeps what it got. By default an order is answered with its input (64 KiB of
/// it) and "receipt of …"; an order whose statement begins with "hold" stays in flight.
/// </summary>
internal sealed class TestHandler : IWireHandler
{
    public ConcurrentQueue<IOrderStream> Held { get; } = new();

    public ConcurrentQueue<string> Log { get; } = new();

    public ConcurrentQueue<Bytes32> Nonces { get; } = new();

    public ConcurrentQueue<(long Id, ushort Reason)> Closings { get; } = new();

    /// <summary>Whose connection it is, from its beginning; null while it is a stranger's.
    /// </summary>
    public Func<IWireConnection, Address?> PayerOf { get; init; } =
        static connection => new Address(Keccak256.Hash(
            BitConverter.GetBytes(connection.Id)).Span[..Address.Size]);

    public ConcurrentQueue<IWireConnection> Connections { get; } = new();

    public Func<IOrderStream, ValueTask>? Order { get; init; }

    public Func<IWireRequest, ValueTask>? Request { get; init; }

    public static string Text(ReadOnlyMemory<byte> bytes) => Encoding.ASCII.GetString(bytes.Span);

    public async ValueTask OnOrderAsync(IOrderStream order)
    {
        Log.Enqueue("order " + Text(order.Order));
        if (Order is not null)
        {
            await Order(order);
        }
        else if (Text(order.Order).StartsWith("hold", StringComparison.Ordinal))
        {
            Held.Enqueue(order);
        }
        else
        {
            Answer(order);
        }
    }

    public static void Answer(IOrderStream order)
    {
        using (order)
        {
            ReadOnlySpan<byte> input = order.Input.Span;
            order.SendOutput(1, input[..Math.Min(input.Length, 64 << 10)], last: true);
            byte[] receipt = Encoding.ASCII.GetBytes("receipt of " + Text(order.Order));
            order.SendReceipt(receipt.AsSpan(0, Math.Min(receipt.Length, 1024)));
        }
    }

    public void OnCancel(IOrderStream order, ReadOnlySpan<byte> cancel) =>
        Log.Enqueue("cancel " + Encoding.ASCII.GetString(cancel));

    public async ValueTask OnRequestAsync(IWireRequest request)
    {
        Log.Enqueue(request.Kind + " " + Text(request.Payload));
        if (Request is not null)
        {
            await Request(request);
            return;
        }

        using (request)
        {
            byte[] answer = Encoding.ASCII.GetBytes("answer to " + Text(request.Payload));
            request.Reply(answer.AsSpan(0, Math.Min(answer.Length, 1024)));
        }
    }

    public void OnConnected(IWireConnection connection)
    {
        Log.Enqueue("connected");
        Nonces.Enqueue(connection.Nonce);
        Connections.Enqueue(connection);
        if (PayerOf(connection) is { } payer)
        {
            connection.Prove(payer);
        }
    }

    public void OnClosed(IWireConnection connection, ushort reason) =>
        Closings.Enqueue((connection.Id, reason));

    public void OnFault(string what, Exception fault) => Log.Enqueue("fault " + fault.Message);
}
