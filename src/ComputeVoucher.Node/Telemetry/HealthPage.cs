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

    /// <summary>
    /// A loopback port that nobody has now. HttpListener takes no port 0, so the number has to be
    /// known before the node listens.
    /// </summary>
    public static IPEndPoint FreeEndPoint()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return (IPEndPoint)listener.LocalEndpoint;
    }

    /// <summary>The body of a page; null while it is not there or says no.</summary>
    /// <param name="endpoint">Where the node answers.</param>
    /// <param name="path">"ready", say.</param>
    /// <param name="cancel">Ends the wait.</param>
    public static async Task<string?> ReadAsync(
        IPEndPoint endpoint, string path, CancellationToken cancel)
    {
        using HttpClient http = new(new SocketsHttpHandler { UseProxy = false })
        {
            Timeout = s_deadline,
        };
        try
        {
            Uri url = new($"http://{endpoint}/{path}");
            using HttpResponseMessage answer = await http.GetAsync(url, cancel)
                .ConfigureAwait(false);
            return answer.IsSuccessStatusCode
                ? await answer.Content.ReadAsStringAsync(cancel).ConfigureAwait(false)
                : null;
        }
        catch (HttpRequestException)
        {
            return null;
        }
        catch (TaskCanceledException) when (!cancel.IsCancellationRequested)
        {
            return null;
        }
    }
}
