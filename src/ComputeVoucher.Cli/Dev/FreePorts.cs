using System;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;
using ComputeVoucher.Node;

namespace ComputeVoucher.Cli;

/// <summary>
/// Loopback ports for a child that has to be told a number: another program may take one between
/// the choice and the child's start, and then new ones are chosen.
/// </summary>
internal static class FreePorts
{
    /// <summary>Losing one is rare; losing so many in a row has another cause.</summary>
    private const int TriesMax = 5;

    public static Task<T> UseAsync<T>(int count, Func<IPEndPoint[], Task<T>> start) =>
        UseAsync(count, HealthPage.FreeEndPoint, start);

    /// <param name="count">Ports that one start needs.</param>
    /// <param name="choose">Names a port.</param>
    /// <param name="start">Throws where the child does not come up, and leaves none.</param>
    public static async Task<T> UseAsync<T>(
        int count, Func<IPEndPoint> choose, Func<IPEndPoint[], Task<T>> start)
    {
        for (int tries = 1; ; tries++)
        {
            IPEndPoint[] ports = new IPEndPoint[count];
            for (int i = 0; i < count; i++)
            {
                ports[i] = choose();
            }

            try
            {
                return await start(ports).ConfigureAwait(false);
            }
            catch (CommandException) when (tries < TriesMax && Array.Exists(ports, IsTaken))
            {
                // Lost to another program.
            }
        }
    }

    private static bool IsTaken(IPEndPoint port)
    {
        try
        {
            using TcpListener listener = new(port);
            listener.Start();
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }
}
