using System;
using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;

namespace ComputeVoucher.Node;

/// <summary>The other side of <see cref="HealthServer"/>: for whoever started a node and waits for
/// it.</summary>
public static class HealthPage
{
    /// <summary>The node is on this machine; one that takes longer hangs.</summary>
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(5);

    /// <summary>A loopback port that nobody has now.</summary>
    public static IPEndPoint FreeEndPoint()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return (IPEndPoint)listener.LocalEndpoint;
    }

    /// <summary>Why nobody can listen there now; null where one can.</summary>
    public static string? WhyTaken(IPEndPoint endpoint)
    {
        using Socket socket = new(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(endpoint);
            socket.Listen(1);
            return null;
        }
        catch (SocketException failure)
        {
            return failure.Message;
        }
    }

    /// <summary>The body of a page; null while it is not there or says no.</summary>
    /// <param name="endpoint">Where the node answers.</param>
    /// <param name="path">"ready", say.</param>
    /// <param name="cancel">Ends the wait.</param>
    public static async Task<string?> ReadAsync(
        IPEndPoint endpoint, string path, CancellationToken cancel)
    {
        (bool isGood, string text) = await AskAsync(endpoint, path, cancel).ConfigureAwait(false);
        return isGood ? text : null;
    }

    /// <summary>Whether the page says yes, and its body, or why there is none.</summary>
    public static async Task<(bool IsGood, string Text)> AskAsync(
        IPEndPoint endpoint, string path, CancellationToken cancel)
    {
        using HttpClient http = new(new SocketsHttpHandler { UseProxy = false })
        {
            Timeout = s_deadline,
        };
        try
        {
            Uri url = new($"http://{Reachable(endpoint)}/{path}");
            using HttpResponseMessage answer = await http.GetAsync(url, cancel)
                .ConfigureAwait(false);
            string text = await answer.Content.ReadAsStringAsync(cancel).ConfigureAwait(false);
            return (answer.IsSuccessStatusCode, text);
        }
        catch (HttpRequestException failure)
        {
            return (false, failure.Message);
        }
        catch (TaskCanceledException) when (!cancel.IsCancellationRequested)
        {
            return (false, $"no answer within {s_deadline.TotalSeconds:0} s");
        }
    }

    /// <summary>A node that listens everywhere is asked over loopback.</summary>
    private static IPEndPoint Reachable(IPEndPoint endpoint) =>
        endpoint.Address.Equals(IPAddress.Any) ? new(IPAddress.Loopback, endpoint.Port)
        : endpoint.Address.Equals(IPAddress.IPv6Any) ? new(IPAddress.IPv6Loopback, endpoint.Port)
        : endpoint;
}
