using System;
using System.Threading.Tasks;
using ComputeVoucher.Wire;

namespace ComputeVoucher.Frames;

/// <summary>Answers an order with its input and a receipt, and nothing else.</summary>
internal sealed class EchoHandler : IWireHandler
{
    public ValueTask OnOrderAsync(IOrderStream order)
    {
        using (order)
        {
            order.SendOutput(1, order.Input.Span, last: true);
            order.SendReceipt("receipt"u8);
        }

        return default;
    }

    public void OnCancel(IOrderStream order, ReadOnlySpan<byte> cancel)
    {
    }

    public ValueTask OnRequestAsync(IWireRequest request)
    {
        request.Dispose();
        return default;
    }

    public void OnConnected(IWireConnection connection)
    {
    }

    public void OnClosed(IWireConnection connection, ushort reason)
    {
    }

    public void OnFault(string what, Exception fault) => Console.Error.WriteLine(fault);
}
