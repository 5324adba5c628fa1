"""What running Longwire costs: counted requests, AWS's prices of a day, and the bills that follow."""
