using System;
using System.CommandLine;
using System.Globalization;
using System.Net;
using ComputeVoucher.Client;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli;

/// <summary>Options of every command that talks to a node.</summary>
internal static class ClientOptions
{
    /// <summary>How long a client waits for a node that restarts.</summary>
    public static readonly TimeSpan PatienceDefault = TimeSpan.FromSeconds(10);

    public static Option<string> CreateChannel() => new("--channel")
    {
        Description = "Channel file, from `channel open`", HelpName = "FILE", Required = true,
    };

    public static Option<string> CreateSpendKey() => new("--spend-key")
    {
        Description = "Key file that signs orders and acks", HelpName = "FILE", Required = true,
    };

    public static Option<string> CreateNode() => new("--at")
    {
        Description = "Where the node listens",
        HelpName = "HOST:PORT",
        DefaultValueFactory = _ => "127.0.0.1:9600",
    };

    public static Option<string> CreateState() => new("--state")
    {
        Description = "The client's memory of this channel: sequences, receipts, newest ack",
        HelpName = "FILE",
        Required = true,
    };

    /// <summary>How this process talks to a node.</summary>
    public static NodeConnectionOptions Connection(string at, in ChannelTerms channel,
        VoucherDomain domain, PrivateKey spendKey, TimeSpan patience) => new()
    {
        EndPoint = EndPoint(at),
        Channel = channel,
        Domain = domain,
        SpendKey = spendKey,
        Patience = patience,
        Time = TimeProvider.System,
        FillRandom = Libc.FillRandom,
    };

    private static EndPoint EndPoint(string text)
    {
        int colon = text.LastIndexOf(':');
        if (colon > 0 && ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None,
            CultureInfo.InvariantCulture, out ushort port) && port > 0)
        {
            string host = text[..colon].Trim('[', ']');
            return IPAddress.TryParse(host, out IPAddress? address)
                ? new IPEndPoint(address, port)
                : new DnsEndPoint(host, port);
        }

        throw new UsageException($"--at {text}: HOST:PORT is wanted, as 127.0.0.1:9600");
    }
}
