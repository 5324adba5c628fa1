"""`python -m device_agent.kernel -f connection.json`: takes all the options of ipykernel."""

from device_agent.kernel.app import make_app

if __name__ == "__main__":
    app = make_app()
    app.initialize()
    app.start()
